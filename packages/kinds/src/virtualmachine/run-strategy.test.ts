// docs/spec/run-strategy.md, carried out: the matrix cell by cell, then the rules that hold for every strategy.

import { readFileSync } from 'node:fs'
import type { RunStrategy, VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import { findCondition, StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { effects, situations } from './run-strategy-events.fixture.ts'
import { instanceFinalizer } from '../virtualmachineinstance/decide.ts'
import { createWorld, type Sandbox } from './run-strategy-world.fixture.ts'

type MatrixStrategy = Exclude<RunStrategy, 'WaitAsReceiver'>

interface Cell {
  rule: string
  event: string
  strategy: MatrixStrategy
  expected: string
}

/** The cells of the table that can happen. */
function matrix(): Cell[] {
  const spec = readFileSync(new URL('../../../../docs/spec/run-strategy.md', import.meta.url), 'utf8')
  const rows = spec.split('\n').map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )
  const strategies = rows.find(([first, second]) => first === 'rule' && second === 'event')?.slice(2) as MatrixStrategy[]
  const rules = rows.filter((row) => /^RS\d+$/.test(row[0] ?? '') && row.length === strategies.length + 2)
  return rules
    .flatMap(([rule = '', event = '', ...cells]) =>
      strategies.map((strategy, column) => ({ rule, event, strategy, expected: cells[column] ?? '' })),
    )
    .filter(({ expected }) => expected !== '–')
}

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
  const [effect, situation] = event.split(', ')
  const box = await world.create(effect === 'the strategy becomes this one' ? 'Manual' : strategy)
  if (situation !== undefined) await situations[situation]?.(box)
  const before = await look(box)
  const happen = effects[effect ?? '']
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
    return expect(after).toEqual(before)
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
    expect(after.vmi?.status).toEqual(before.vmi?.status)
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
    await ends['new']?.({ ...outcome, before: outcome.before, after: await look(outcome.box) })
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

const matrixRules = 'RS1 RS2 RS3 RS4 RS5 RS6 RS7 RS8 RS9 RS10 RS11 RS12 RS13 RS14 RS15 RS16 RS17 RS18 RS19 RS20 RS21 RS22 RS23'

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

describe('what holds for every strategy', () => {
  const failedOnce = async (): Promise<Sandbox> => {
    const box = await world.create('RerunOnFailure')
    await situations['in the pause after a failure']?.(box)
    expect((await box.vm())?.status?.startFailure?.consecutiveFailCount).toBe(1)
    return box
  }
  const other = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachinePool', name: 'pool', uid: 'pool-uid', controller: true }

  async function makeInstance(box: Sandbox, ownerReferences: (typeof other)[]): Promise<VirtualMachineInstance> {
    const spec = (await box.vms.get(box.key)).spec.template.spec
    const { namespace, name } = box.key
    return box.vmis.create({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { namespace, name, ownerReferences },
      spec,
    })
  }

  test('RS31 a request, or a guest that runs, ends the count of failures', async () => {
    const box = await failedOnce()
    await box.put('start')
    expect((await box.vm())?.status?.startFailure).toBeUndefined()
    await box.settle()
    expect((await box.vm())?.status).toMatchObject({ printableStatus: 'Running' })
    expect((await box.vm())?.status?.startFailure).toBeUndefined()
  })

  test('RS32 a start whose instance ended before anybody looked is fulfilled', async () => {
    for (const strategy of ['Manual', 'RerunOnFailure'] as const) {
      const box = await world.create(strategy)
      await situations['while off']?.(box)
      await box.put('start')
      await box.untilInstance()
      await box.setPhase('Running')
      await box.setPhase('Succeeded')
      await box.settle()
      expect((await box.vm())?.status).toMatchObject({ printableStatus: 'Stopped' })
      expect((await box.vm())?.status?.stateChangeRequests).toBeUndefined()
    }
  })

  test('RS32 a halted VM can be started paused over the remains of its instance', async () => {
    const box = await world.create('Manual')
    await situations['after a crash']?.(box)
    await box.change({ spec: { runStrategy: 'Halted' } })
    await box.put('start', { paused: true })
    await box.settle()
    expect(await box.vmi()).toMatchObject({ spec: { startStrategy: 'Paused' }, status: { phase: 'Running' } })
    expect((await box.vm())?.spec.runStrategy).toBe('Always')
  })

  test('RS33 while a request waits, a stop replaces it and anything else is refused', async () => {
    const box = await world.create('Manual')
    await situations['while running']?.(box)
    await box.put('restart')
    await expect(box.put('restart')).rejects.toMatchObject({
      code: 409,
      message: expect.stringMatching(/: unable to complete request: stop\/start already underway$/),
    })
    await box.put('stop')
    const uid = (await box.vmi())?.metadata.uid
    expect((await box.vm())?.status?.stateChangeRequests).toEqual([{ action: 'Stop', uid }])
  })

  test('RS33 a request that was fulfilled does not stand in the way, also when nobody has cleared it yet', async () => {
    const box = await world.create('Manual')
    await box.put('start')
    await box.untilInstance()
    expect((await box.vm())?.status?.stateChangeRequests).toEqual([{ action: 'Start' }])
    await box.setPhase('Running')
    expect(await box.put('restart')).toMatchObject({ status: 202 })
  })

  test('RS35 a pass over a VM that is as it should be writes nothing', async () => {
    for (const strategy of ['Always', 'RerunOnFailure', 'Manual', 'Halted', 'Once'] as const) {
      const box = await world.create(strategy)
      await box.settle()
      const revision = box.revision()
      world.clock.advance(1000)
      expect(await box.reconcile()).toEqual({ kind: 'done' })
      expect(box.revision()).toBe(revision)
    }
  })

  test('RS36 an instance of its name that belongs to nobody is adopted', async () => {
    const box = await world.create('Manual')
    const orphan = await makeInstance(box, [])
    await box.settle()
    expect(await box.vmi()).toMatchObject({
      metadata: {
        uid: orphan.metadata.uid,
        ownerReferences: [{ kind: 'VirtualMachine', uid: (await box.vm())?.metadata.uid, controller: true }],
      },
    })
    expect((await box.vm())?.status).toMatchObject({ created: true, printableStatus: 'Running' })
  })

  test('RS36 also when it is made at the moment at which the VM makes its own', async () => {
    const box = await world.create('Always')
    let made: VirtualMachineInstance | undefined
    box.beforeCreate(async () => {
      made = await makeInstance(box, [])
    })
    await box.settle()
    expect((await box.vmi())?.metadata.uid).toBe(made?.metadata.uid)
    expect((await box.vm())?.status).toMatchObject({ created: true, printableStatus: 'Running' })
  })

  test('RS37 an instance that belongs to another stays untouched, and the VM starts when the name is free', async () => {
    const box = await world.create('Always')
    const foreign = await makeInstance(box, [other])
    await box.settle()
    expect((await box.vmi())?.metadata.ownerReferences).toEqual(foreign.metadata.ownerReferences)
    expect(findCondition((await box.vm())?.status?.conditions, 'Failure')?.message).toContain(
      'belongs to VirtualMachinePool pool',
    )
    await box.vmis.delete(box.key)
    await box.settle()
    expect((await box.vm())?.status).toMatchObject({ created: true, printableStatus: 'Running' })
    expect(findCondition((await box.vm())?.status?.conditions, 'Failure')).toBeUndefined()
  })

  test('RS38 a VM that is deleted with orphan leaves its instance running and belonging to nobody', async () => {
    const box = await world.create('Always')
    await box.settle()
    const before = await box.vmi()
    await box.vms.delete(box.key, { propagationPolicy: 'Orphan' })
    await box.settle()
    // What is left is the garbage collector's.
    expect((await box.vm())?.metadata.finalizers).toEqual(['orphan'])
    const after = await box.vmi()
    expect(after?.metadata).toMatchObject({ uid: before?.metadata.uid })
    expect([after?.metadata.ownerReferences ?? [], after?.metadata.finalizers ?? []]).toEqual([[], [instanceFinalizer]])
    expect(after?.status?.phase).toBe('Running')
  })

  test('RS41 a VM that uses running goes on using it', async () => {
    const box = await world.create(false)
    await box.settle()
    await box.put('start')
    await box.settle()
    expect((await box.vm())?.spec).toMatchObject({ running: true })
    await box.put('stop')
    await box.settle()
    const vm = await box.vm()
    expect(vm?.spec.running).toBe(false)
    expect(vm?.spec.runStrategy).toBeUndefined()
    expect(vm?.status?.printableStatus).toBe('Stopped')
  })

  test('RS42 a dry run makes every check and changes nothing', async () => {
    const box = await world.create('Manual')
    await situations['while running']?.(box)
    const revision = box.revision()
    expect((await box.put('stop', { dryRun: ['All'], gracePeriod: 1 })).status).toBe(202)
    await expect(box.put('start', { dryRun: ['All'] })).rejects.toMatchObject({ code: 409 })
    expect(box.revision()).toBe(revision)
  })

  test('RS43 an instance that cannot be made is said, tried again, and forgotten when it works', async () => {
    const box = await world.create('Always')
    const refusal = new StatusError(422, 'Invalid', 'no memory requested')
    box.beforeCreate(() => Promise.reject(refusal))
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(box.settle()).rejects.toMatchObject({ message: refusal.message })
      expect((await box.vm())?.status?.printableStatus).toBe('Stopped')
    }
    const failure = findCondition((await box.vm())?.status?.conditions, 'Failure')
    expect(failure).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: 'Failure while starting VMI: no memory requested',
    })
    expect(box.events).toContainEqual({
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'Error creating virtual machine instance: no memory requested',
    })
    box.beforeCreate(undefined)
    await box.settle()
    expect(findCondition((await box.vm())?.status?.conditions, 'Failure')).toBeUndefined()
    expect((await box.vm())?.status?.printableStatus).toBe('Running')
  })
})

describe('start, stop and restart', () => {
  test('a virtual machine that is not there is named in the singular', async () => {
    const box = await world.create('Manual')
    await box.vms.delete(box.key)
    await expect(box.put('start')).rejects.toMatchObject({
      code: 404,
      message: `virtualmachine.kubevirt.io "${box.key.name}" not found`,
    })
  })

  test('are answered 202 with nothing, in both versions', async () => {
    const box = await world.create('Manual')
    expect(await box.put('start')).toMatchObject({ status: 202, body: '' })
    const path = `/apis/subresources.kubevirt.io/v1alpha3/namespaces/shop/virtualmachines/${box.key.name}/stop`
    await expect(box.client.request('PUT', path)).rejects.toMatchObject({ code: 409 })
  })

  test('a stop with a grace period, and a forced restart, shorten the time that the guest has', async () => {
    for (const [action, body, seconds] of [
      ['stop', { gracePeriod: 7 }, 7],
      ['restart', { gracePeriodSeconds: 0 }, 1],
    ] as const) {
      const box = await world.create('Manual')
      await situations['while running']?.(box)
      await box.put(action, { ...body })
      expect((await box.vmi())?.spec.terminationGracePeriodSeconds).toBe(seconds)
    }
  })

  test('a halted VM that is still ending can be hurried, not slowed down', async () => {
    const box = await world.create('Manual')
    await situations['while running']?.(box)
    await box.change({ spec: { runStrategy: 'Halted' } })
    await box.reconcile()
    await box.put('stop', { gracePeriod: 20 })
    await box.reconcile()
    await box.reconcile()
    for (const body of [{}, { gracePeriod: 20 }]) {
      await expect(box.put('stop', body)).rejects.toMatchObject({
        code: 409,
        message: expect.stringContaining('Halted only supports manual stop requests with a shorter graceperiod'),
      })
    }
    await box.put('stop', { gracePeriod: 0 })
    expect((await box.vmi())?.spec.terminationGracePeriodSeconds).toBe(0)
  })
})
