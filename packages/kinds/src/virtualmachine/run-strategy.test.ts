// docs/spec/run-strategy.md, carried out: the matrix, cell by cell, in peace and with a process that dies.

import type { VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import { findCondition, StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { effects, situations } from './run-strategy-events.fixture.ts'
import { type Cell, cellsUnder } from './run-strategy-table.fixture.ts'
import { createWorld, type Sandbox } from './run-strategy-world.fixture.ts'

const matrix = () => cellsUnder('The matrix')

let world: Awaited<ReturnType<typeof createWorld>>
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

interface Seen {
  vm: VirtualMachine | undefined
  vmi: VirtualMachineInstance | undefined
}
const look = async (box: Sandbox): Promise<Seen> => ({ vm: await box.vm(), vmi: await box.vmi() })

/** Brings a VM into the situation of the event and lets it happen. `settle` may die on the way. */
async function carryOut({ event, strategy }: Cell, settle: (box: Sandbox) => Promise<unknown>) {
  const [what = '', situation] = event.split(', ')
  const [effect = '', from = what === 'the strategy becomes this one' ? 'Manual' : strategy] = what.split(' from ')
  const box = await world.create(from as Cell['strategy'])
  if (situation !== undefined) await situations[situation]?.(box)
  const before = await look(box)
  const happen = effects[effect]
  if (happen === undefined || (situation !== undefined && situations[situation] === undefined))
    throw new Error(`no such event: ${event}`)
  box.words.length = 0
  const refusal = await happen(box, strategy).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (refusal !== undefined && !(refusal instanceof StatusError)) throw refusal
  await settle(box)
  return { box, before, after: await look(box), refusal }
}

type Outcome = Awaited<ReturnType<typeof carryOut>>

async function expectOutcome(expected: string, { strategy }: Cell, outcome: Outcome): Promise<void> {
  const { box, before, after, refusal } = outcome
  if (expected.startsWith('409 ')) {
    expect(refusal).toMatchObject({ code: 409, reason: 'Conflict' })
    expect(refusal?.message).toBe(
      `Operation cannot be fulfilled on virtualmachine.kubevirt.io "${box.key.name}": ${expected.slice(4)}`,
    )
    // What is on its way goes on.
    return before.vmi?.status?.phase === 'Pending' ? ends['same']?.(outcome) : expect(after).toEqual(before)
  }
  expect(refusal).toBeUndefined()
  const [rest = '', strategyAfter = strategy] = expected.split(' as ')
  const [end = '', also] = rest.split(', ')
  if (end === 'gone') return expect(after).toEqual({ vm: undefined, vmi: undefined })
  expect(after.vm?.spec.runStrategy).toBe(strategyAfter)
  // A restart after a failure waits out the pause.
  if (end !== 'later') expect(after.vm?.status?.stateChangeRequests).toBeUndefined()
  expect(findCondition(after.vm?.status?.conditions, 'Failure')).toBeUndefined()
  expect(ends).toHaveProperty([end])
  await ends[end]?.(outcome)
  if (also === 'RestartRequired') expect(findCondition(after.vm?.status?.conditions, also)?.status).toBe('True')
  else if (end !== 'later') expect(after.vm?.status?.printableStatus).toBe(also ?? wordFor(after))
}

function wordFor({ vmi }: Seen): string {
  return vmi?.status?.phase === 'Running' ? 'Running' : 'Stopped'
}

const ends: Record<string, (outcome: Outcome) => void | Promise<void>> = {
  start({ before, after, box }) {
    expect(after.vmi).toMatchObject({ status: { phase: 'Running' } })
    expect(after.vmi?.metadata.uid).not.toBe(before.vmi?.metadata.uid)
    expect(after.vmi?.spec.startStrategy).toBeUndefined()
    expect(box.words).not.toContain('Stopped')
  },
  'start paused'({ after }) {
    expect(after.vmi).toMatchObject({ status: { phase: 'Running' }, spec: { startStrategy: 'Paused' } })
  },
  same({ before, after }) {
    expect(after.vmi?.metadata.uid).toBe(before.vmi?.metadata.uid)
    const phase = before.vmi?.status?.phase
    expect(after.vmi?.status?.phase).toBe(phase === 'Pending' ? 'Running' : phase)
  },
  new({ before, after, box }) {
    expect(before.vmi).toBeDefined()
    expect(after.vmi).toMatchObject({ status: { phase: 'Running' } })
    expect(after.vmi?.metadata.uid).not.toBe(before.vmi?.metadata.uid)
    // RS39
    expect(box.words).not.toContain('Stopped')
  },
  async later(outcome) {
    expect(outcome.after).toMatchObject({ vmi: undefined, vm: { status: { printableStatus: 'CrashLoopBackOff' } } })
    outcome.box.letGuestsBoot(true)
    world.clock.advance(9_000)
    await outcome.box.settle()
    expect(await outcome.box.vmi()).toBeUndefined()
    world.clock.advance(7_000)
    await outcome.box.settle()
    await ends['start']?.({ ...outcome, before: outcome.before, after: await look(outcome.box) })
  },
  off({ after }) {
    expect(after.vmi).toBeUndefined()
  },
  kept({ before, after }) {
    expect(after.vmi?.metadata.uid).toBe(before.vmi?.metadata.uid)
    expect(['Succeeded', 'Failed']).toContain(after.vmi?.status?.phase)
    expect(after.vm?.status?.created).toBe(true)
  },
}

const matrixRules = [
  'RS1 RS2 RS3 RS4 RS5 RS6 RS7 RS8 RS9 RS10 RS11 RS12 RS13 RS14 RS15 RS16 RS17 RS18 RS19 RS20 RS21 RS22 RS23',
  'RS50 RS51 RS52 RS53 RS54 RS55 RS56 RS57 RS58 RS59 RS60 RS61 RS62 RS63 RS64 RS65 RS66 RS67 RS68 RS69 RS70 RS71 RS72',
  'RS73 RS74 RS75 RS76 RS77 RS78 RS79 RS80 RS81 RS82 RS83 RS84 RS85 RS86 RS87 RS88 RS89 RS90 RS91 RS92 RS93 RS94 RS95 RS96 RS97',
].join(' ')

describe('the matrix', () => {
  test('is read whole', () => {
    expect([...new Set(matrix().map(({ rule }) => rule))].join(' ')).toBe(matrixRules)
  })

  test.each(matrix())('$rule $strategy: $event → $expected', async (cell) => {
    await expectOutcome(cell.expected, cell, await carryOut(cell, (box) => box.settle()))
  })
})

describe('RS34 a process that dies between any two writes is continued by the next one to the same end', () => {
  test.each(matrix())('RS34 $rule $strategy: $event', async (cell) => {
    for (const moment of ['before', 'after'] as const) {
      let hasDied = true
      for (let write = 0; hasDied; write++) {
        const outcome = await carryOut(cell, async (box) => {
          hasDied = await box.settleWithDeath(write, moment)
          if (hasDied) await box.settle()
        })
        await expectOutcome(cell.expected, cell, outcome)
      }
    }
  })
})
