import type { MachineState } from '@sheaf/qemu'
import { describe, expect, it } from 'vitest'
import { isAtRest } from './at-rest.ts'
import { type HealthSight, judgeHealth } from './decide.ts'

const startedAt = '2027-01-01T00:00:00.000Z'
const guest = { id: 'a', name: 'default/vm', pid: 7, startedAt }
const running = (pid = 7, at = startedAt): MachineState => ({ kind: 'running', pid, paused: false, startedAt: at })
const exited = (cause: 'guest-shutdown' | 'crashed'): MachineState => ({
  kind: 'exited',
  exit: { cause, at: startedAt, lastWords: '' },
})

const good: HealthSight = {
  api: { kind: 'answers' },
  watchDelivers: true,
  controllers: { isSynced: true, isAtRest: true },
  guestsBefore: [guest],
  machines: new Map([['a', running()]]),
}

describe('UP14 the health gate', () => {
  it('lets pass what answers, delivers, is at rest and has every guest as it was', () => {
    expect(judgeHealth(good)).toEqual({ kind: 'fit' })
  })

  it.each<[string, Partial<HealthSight>, string]>([
    ['the API', { api: { kind: 'silent', trouble: 'refused' } }, 'an answer of the API through its own port (refused)'],
    ['a watch', { watchDelivers: false }, 'a change to come out of a watch'],
    ['what is stored', { controllers: { isSynced: false, isAtRest: true } }, 'the controllers to know what is stored'],
    ['rest', { controllers: { isSynced: true, isAtRest: false } }, 'the controllers to come to rest'],
    ['a guest that is not seen', { machines: new Map() }, 'default/vm to be taken up: it ran as process 7 and is not seen'],
  ])('waits for %s', (_, change, waitingFor) => {
    expect(judgeHealth({ ...good, ...change })).toEqual({ kind: 'not-yet', waitingFor })
  })

  it.each<[string, Partial<HealthSight>, string]>([
    ['another process', { machines: new Map([['a', running(8)]]) }, 'is another process now: 8'],
    [
      'a process of the same number that started later',
      { machines: new Map([['a', running(7, '2027-01-01T00:01:00Z')]]) },
      'process now: 7',
    ],
    ['a guest that ended without a word', { machines: new Map([['a', exited('crashed')]]) }, 'does not run any more (crashed)'],
    ['no list of guests', { guestsBefore: undefined }, 'left no list'],
  ])('refuses %s at once', (_, change, why) => {
    expect(judgeHealth({ ...good, ...change })).toEqual({ kind: 'unfit', why: expect.stringContaining(why) })
  })

  it('knows a guest that was moved to another process meanwhile', () => {
    const moved = { ...running(8), earlierPids: [7] } as MachineState
    expect(judgeHealth({ ...good, machines: new Map([['a', moved]]) })).toEqual({ kind: 'fit' })
    const another = { ...moved, startedAt: '2027-01-01T00:01:00Z' } as MachineState
    expect(judgeHealth({ ...good, machines: new Map([['a', another]]) })).toMatchObject({ kind: 'unfit' })
  })

  it('bears with a guest that shut down by itself, and with a clock that was set a little', () => {
    expect(judgeHealth({ ...good, machines: new Map([['a', exited('guest-shutdown')]]) })).toEqual({ kind: 'fit' })
    expect(judgeHealth({ ...good, machines: new Map([['a', running(7, '2027-01-01T00:00:01Z')]]) })).toEqual({ kind: 'fit' })
  })
})

describe('controllers are at rest', () => {
  it.each([
    [[], [], 0, true],
    [['a'], [], 0, false],
    [[], ['b'], 0, false],
    [['a'], [], 1, true],
    [['a'], ['b'], 1, true],
    [['a', 'c'], [], 1, false],
  ])('running %j, waiting %j, %i held: %s', (keys, waiting, held, expected) => {
    expect(isAtRest([{ running: keys, waiting }], held)).toBe(expected)
  })
})
