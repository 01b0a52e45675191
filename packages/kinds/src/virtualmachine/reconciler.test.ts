// docs/spec/run-strategy.md: what holds for every strategy.

import type { VirtualMachineInstance } from '@sheaf/api'
import { findCondition, StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instanceFinalizer } from '../virtualmachineinstance/decide.ts'
import { situations } from './run-strategy-events.fixture.ts'
import { createWorld, type Sandbox } from './run-strategy-world.fixture.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

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

test('RS36 whose generations are no longer counted', async () => {
  const box = await world.create('Manual')
  await situations['while running']?.(box)
  for (const hostname of ['one', 'two', 'three']) await box.change({ spec: { template: { spec: { hostname } } } })
  await box.put('restart')
  await box.settle()
  const before = await box.vmi()
  await box.vms.delete(box.key, { propagationPolicy: 'Orphan' })
  await box.settle()
  await box.change({ metadata: { finalizers: null } })
  await world.create('Manual', box.key.name)
  await box.settle()
  expect((await box.vmi())?.metadata.uid).toBe(before?.metadata.uid)
  const { metadata, status } = await box.vms.get(box.key)
  expect(status?.observedGeneration ?? 0).toBeLessThanOrEqual(metadata.generation ?? 0)
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
  expect(findCondition((await box.vm())?.status?.conditions, 'Failure')?.message).toContain('belongs to VirtualMachinePool pool')
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
