import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideNextStep } from './decide.ts'
import { type Inventory, nothingWished, type Observation } from './inventory.ts'
import { type StationId, stations } from './sequence.ts'

const ids = stations.map(({ id }) => id)
const ahead: Observation = { state: 'ahead' }
const done: Observation = { state: 'done' }

function inventory(seen: Partial<Record<StationId, Observation>>, more: Partial<Inventory> = {}): Inventory {
  const all = Object.fromEntries(ids.map((id) => [id, seen[id] ?? ahead])) as Record<StationId, Observation>
  return { nowMs: 0, stations: all, wish: nothingWished, ...more }
}

/** All stations before this one are passed. */
function upTo(id: StationId, observation: Observation, more: Partial<Inventory> = {}): Inventory {
  const passed = ids.slice(0, ids.indexOf(id)).map((each) => [each, done])
  return inventory({ ...Object.fromEntries(passed), [id]: observation }, more)
}

const failure = { station: 'rehearsal', reason: 'Refused', message: 'it does not start' } as const

describe('forward', () => {
  it.each(ids)('%s is begun once everything before it is done, and it was asked for', (id) => {
    expect(decideNextStep(upTo(id, ahead, { wish: { ...nothingWished, movesGuests: true } }))).toEqual({
      kind: 'begin',
      station: id,
    })
  })

  it('what is under way is waited for, until its deadline', () => {
    expect(decideNextStep(upTo('rehearsal', { state: 'underWay', sinceMs: 0 }))).toEqual({
      kind: 'wait',
      station: 'rehearsal',
      untilMs: 5 * 60_000,
    })
  })

  it('a station without a deadline is waited for as long as it takes', () => {
    expect(decideNextStep(upTo('switch', { state: 'underWay', sinceMs: 0 }, { nowMs: 1e12 }))).toEqual({
      kind: 'wait',
      station: 'switch',
    })
  })

  it('what hangs turns the way round', () => {
    const step = decideNextStep(upTo('rehearsal', { state: 'underWay', sinceMs: 0 }, { nowMs: 5 * 60_000 }))
    expect(step).toMatchObject({ kind: 'turnRound', failure: { station: 'rehearsal', reason: 'DeadlineExceeded' } })
  })

  it('a guest that does not answer is not waited for: the host serves the same files, and only then is there an end to waiting', () => {
    const late = { nowMs: 3 * 60_000 }
    const repo: Observation = { state: 'underWay', sinceMs: 0 }
    expect(decideNextStep(upTo('repo', repo, late))).toEqual({ kind: 'serveFromHost' })
    const byHost = { hostServesSinceMs: late.nowMs }
    expect(decideNextStep(upTo('repo', repo, { ...late, ...byHost }))).toMatchObject({ kind: 'wait', untilMs: 6 * 60_000 })
    expect(decideNextStep(upTo('repo', repo, { nowMs: 6 * 60_000, ...byHost }))).toMatchObject({ kind: 'turnRound' })
  })

  it('all done is success', () => {
    expect(decideNextStep(inventory(Object.fromEntries(ids.map((id) => [id, done]))))).toEqual({
      kind: 'finish',
      outcome: 'Succeeded',
    })
  })
})

describe('what people ask for', () => {
  it('a pause holds at the next boundary, and what is under way goes on', () => {
    const wish = { paused: true, aborted: false }
    expect(decideNextStep(upTo('payload', ahead, { wish }))).toEqual({ kind: 'hold', before: 'payload' })
    expect(decideNextStep(upTo('payload', { state: 'underWay', sinceMs: 0 }, { wish })).kind).toBe('wait')
  })

  it('MG21 guests are moved only if it was asked for', () => {
    expect(decideNextStep(upTo('guests', ahead))).toEqual({ kind: 'finish', outcome: 'Succeeded' })
  })

  it.each<[string, Observation, object]>([
    ['a failure', { state: 'failed', reason: 'X', message: '' }, { kind: 'finish', outcome: 'Succeeded' }],
    ['an abort before they are begun', ahead, { kind: 'finish', outcome: 'Succeeded' }],
    ['an abort while they are under way', { state: 'underWay', sinceMs: 0 }, { kind: 'wait', station: 'guests' }],
  ])('MG22 %s to move guests does not turn the way round', (_, seen, step) => {
    const wish = { paused: false, aborted: seen.state !== 'failed', movesGuests: true }
    expect(decideNextStep(upTo('guests', seen, { wish }))).toEqual(step)
  })

  const untilProven = ids.filter((id) => id !== 'guests')
  it.each(untilProven)('an abort before or during %s turns the way round, but not while the release proves itself', (id) => {
    const wish = { paused: false, aborted: true }
    expect(decideNextStep(upTo(id, ahead, { wish }))).toMatchObject({ kind: 'turnRound', failure: { reason: 'Aborted' } })
    const during = decideNextStep(upTo(id, { state: 'underWay', sinceMs: 0 }, { wish }))
    expect(during.kind).toBe(id === 'switch' ? 'wait' : 'turnRound')
  })

  it('an abort of what has succeeded changes nothing', () => {
    const all = inventory(Object.fromEntries(ids.map((id) => [id, done])), { wish: { paused: false, aborted: true } })
    expect(decideNextStep(all)).toEqual({ kind: 'finish', outcome: 'Succeeded' })
  })
})

describe('back', () => {
  it('what was begun is undone, latest first, and what leaves nothing behind is passed', () => {
    const seen = upTo('rehearsal', { state: 'failed', reason: 'Refused', message: '' }, { failure })
    expect(decideNextStep(seen)).toEqual({ kind: 'undo', station: 'payload' })
  })

  it('all undone is the end, with the reason that turned it round', () => {
    expect(decideNextStep(inventory({ log: done, signature: done, snapshot: done }, { failure }))).toEqual({
      kind: 'finish',
      outcome: 'Failed',
      failure,
    })
  })
})

describe('from anywhere', () => {
  const observation = fc.oneof(
    fc.constant(ahead),
    fc.constant(done),
    fc.record({ state: fc.constant('underWay' as const), sinceMs: fc.integer({ min: 0, max: 1e7 }) }),
    fc.record({ state: fc.constant('failed' as const), reason: fc.constant('X'), message: fc.constant('x') }),
  )
  const anyInventory = fc.record({
    nowMs: fc.integer({ min: 0, max: 1e8 }),
    stations: fc.tuple(...ids.map(() => observation)).map((all) => Object.fromEntries(ids.map((id, i) => [id, all[i]!]))),
    wish: fc.record({ paused: fc.boolean(), aborted: fc.boolean(), movesGuests: fc.boolean() }),
  }) as fc.Arbitrary<Inventory>

  it('the same inventory gives the same step', () => {
    fc.assert(
      fc.property(anyInventory, (seen) => {
        expect(decideNextStep(seen)).toEqual(decideNextStep(structuredClone(seen)))
      }),
    )
  })

  it('it ends: whoever carries out each step comes to an end in as many steps as there are stations, twice', () => {
    fc.assert(
      fc.property(anyInventory, (seen) => {
        let now: Inventory = { ...seen, wish: { ...seen.wish, paused: false } }
        for (let steps = 0; steps < 3 * ids.length + 3; steps++) {
          const step = decideNextStep(now)
          if (step.kind === 'finish') return
          now = after(now, step)
        }
        throw new Error('it goes on for ever')
      }),
    )
  })

  /** What is begun or waited for gets done; what is undone is gone. */
  function after(now: Inventory, step: ReturnType<typeof decideNextStep>): Inventory {
    switch (step.kind) {
      case 'begin':
      case 'wait':
        return { ...now, stations: { ...now.stations, [step.station]: done } }
      case 'undo':
        return { ...now, stations: { ...now.stations, [step.station]: ahead } }
      case 'turnRound':
        return { ...now, failure: step.failure }
      case 'serveFromHost':
        return { ...now, hostServesSinceMs: now.nowMs, stations: { ...now.stations, repo: done } }
      case 'hold':
      case 'finish':
        return now
    }
  }
})
