// docs/spec/sets.md: what sets of machines tell of what they do, and of what fails.

import {
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
  type VirtualMachineInstanceReplicaSet,
  virtualMachineInstanceReplicaSetDefinition,
  type VirtualMachinePool,
  virtualMachinePoolDefinition,
} from '@sheaf/api'
import { findCondition, StatusError } from '@sheaf/api/meta'
import type { Admission, Kind } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from './api-server.fixture.ts'
import { virtualMachineKind } from './virtualmachine/index.ts'
import { virtualMachineInstanceAdmission } from './virtualmachineinstance/admission.ts'
import { virtualMachineInstanceReplicaSetKind } from './virtualmachineinstancereplicaset/index.ts'
import { reconcileReplicaSet } from './virtualmachineinstancereplicaset/reconciler.ts'
import { virtualMachinePoolKind } from './virtualmachinepool/index.ts'
import { reconcilePool } from './virtualmachinepool/reconciler.ts'
import { samplePool } from './virtualmachinepool/sample-pool.fixture.ts'

const key = { namespace: 'default', name: 'shop' }
const labels = { app: 'shop' }

/** Nobody runs the machines; admission can be made to refuse. */
async function world() {
  const quota = { isUsedUp: false }
  const limited = <T extends VirtualMachine | VirtualMachineInstance>(admission: Admission<T> | undefined): Admission<T> => ({
    ...admission,
    async validate(request) {
      if (quota.isUsedUp && request.operation !== 'UPDATE') throw new StatusError(403, 'Forbidden', 'the quota is used up')
      await admission?.validate?.(request)
    },
  })
  const api = await startTestApi((ports) => {
    const machine = virtualMachineKind(ports)
    const instance = virtualMachineInstanceAdmission(ports.random, ports.clock, ports.client)
    return [
      ...smallKinds,
      { ...machine, admission: limited(machine.admission) },
      { definition: virtualMachineInstanceDefinition, admission: limited(instance) },
      virtualMachineInstanceReplicaSetKind({}),
      virtualMachinePoolKind({}),
    ] as Kind[]
  })
  const sets = api.client.resource<VirtualMachineInstanceReplicaSet>(virtualMachineInstanceReplicaSetDefinition)
  const pools = api.client.resource<VirtualMachinePool>(virtualMachinePoolDefinition)
  const instances = api.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  /** Passes until there is nothing to do at once. */
  async function settle(reconcile: typeof reconcilePool): Promise<void> {
    for (let passes = 0; passes < 20; passes++) if ((await reconcile(key, api)).kind !== 'again') return
    throw new Error('it goes round in circles')
  }
  return { api, quota, sets, pools, instances, settle }
}

const setOf = (replicas: number): VirtualMachineInstanceReplicaSet => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstanceReplicaSet',
  metadata: { ...key },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } },
  },
})

const poolOf = (replicas: number): VirtualMachinePool => ({ ...samplePool({ replicas }), metadata: { ...key } })

test('VR1 what is wrong with a set is said in one answer', async () => {
  const { sets } = await world()
  const wrong = setOf(1)
  wrong.spec.template.metadata = { labels: { app: 'other' } }
  await expect(sets.create(wrong)).rejects.toMatchObject({
    code: 422,
    message:
      'admission webhook "virtualmachinereplicaset-validator.kubevirt.io" denied the request: selector does not match labels.',
  })
  const created = await sets.create(setOf(1))
  const moved = { ...created, spec: { ...created.spec, selector: { matchLabels: { app: 'x' } } } }
  moved.spec.template = { ...moved.spec.template, metadata: { labels: { app: 'x' } } }
  await expect(sets.update(moved)).rejects.toMatchObject({
    message: expect.stringContaining('selector is immutable after creation.'),
  })
  await expect(sets.patch(key, { spec: { replicas: -1 } })).rejects.toMatchObject({ code: 422 })
})

test('VR1 a set that says no number wants one', async () => {
  const { sets } = await world()
  const { replicas: _left, ...spec } = setOf(1).spec
  expect((await sets.create({ ...setOf(1), spec })).spec.replicas).toBe(1)
})

test('VR8 what a set does is told as KubeVirt tells it', async () => {
  const { api, sets, instances, settle } = await world()
  await sets.create(setOf(1))
  await settle(reconcileReplicaSet)
  const [made] = (await instances.list()).items
  const { name, uid } = made?.metadata ?? {}
  expect(name).toMatch(/^shop[a-z2-9]{5}$/)
  await sets.patch(key, { spec: { replicas: 0, paused: true } })
  await settle(reconcileReplicaSet)
  await sets.patch(key, { spec: { paused: false } })
  await settle(reconcileReplicaSet)
  expect(api.recorded).toEqual([
    `Normal SuccessfulCreate shop: Started the virtual machine by creating the new virtual machine instance ${name}`,
    'Normal SuccessfulPaused shop: Paused',
    'Normal SuccessfulResumed shop: Resumed',
    `Normal SuccessfulDelete shop: Stopped the virtual machine by deleting the virtual machine instance ${uid}`,
  ])
})

test('VR8 what fails is told, tried again, and forgotten when it works', async () => {
  const { api, quota, sets, settle } = await world()
  await sets.create(setOf(1))
  quota.isUsedUp = true
  await expect(settle(reconcileReplicaSet)).rejects.toThrow('the quota is used up')
  await expect(settle(reconcileReplicaSet)).rejects.toThrow('the quota is used up')
  const failure = async () => findCondition((await sets.get(key)).status?.conditions, 'ReplicaFailure')
  expect(await failure()).toMatchObject({ status: 'True', reason: 'FailedCreate', message: 'the quota is used up' })
  expect(api.recorded[0]).toBe('Warning FailedCreate shop: Error creating virtual machine instance: the quota is used up')
  quota.isUsedUp = false
  await settle(reconcileReplicaSet)
  expect(await failure()).toBeUndefined()
})

test('VR6 a pass over a set that is as it should be writes nothing', async () => {
  const { api, sets, settle } = await world()
  await sets.create(setOf(2))
  await settle(reconcileReplicaSet)
  const { length } = api.writes
  await settle(reconcileReplicaSet)
  expect(api.writes).toHaveLength(length)
})

test('VP14 what a pool does is told as KubeVirt tells it', async () => {
  const { api, pools, settle } = await world()
  await pools.create(poolOf(1))
  await settle(reconcilePool)
  await pools.patch(key, { spec: { virtualMachineTemplate: { spec: { runStrategy: 'Manual' } } } })
  await settle(reconcilePool)
  await pools.patch(key, { spec: { replicas: 0 } })
  await settle(reconcilePool)
  expect(api.recorded).toEqual([
    'Normal SuccessfulCreate shop: Created VM default/shop-0',
    'Normal SuccessfulUpdate shop: Updated VM default/shop-0',
    expect.stringMatching(/^Normal SuccessfulDelete shop: Deleted VM default\/shop-0 with uid \S+ from pool$/),
  ])
})

test('VP14 what fails is told, tried again, and forgotten when it works', async () => {
  const { api, quota, pools, settle } = await world()
  await pools.create(poolOf(1))
  quota.isUsedUp = true
  await expect(settle(reconcilePool)).rejects.toThrow('the quota is used up')
  const failure = async () => findCondition((await pools.get(key)).status?.conditions, 'ReplicaFailure')
  expect(await failure()).toMatchObject({ reason: 'FailedScaleOut', message: 'error during scale out: the quota is used up' })
  expect(api.recorded).toEqual(['Warning FailedCreate shop: Error creating VM: the quota is used up'])
  quota.isUsedUp = false
  await settle(reconcilePool)
  expect(await failure()).toBeUndefined()
})

test('VP14 a pass over a pool that is as it should be writes nothing', async () => {
  const { api, pools, settle } = await world()
  await pools.create(poolOf(2))
  await settle(reconcilePool)
  const { length } = api.writes
  await settle(reconcilePool)
  expect(api.writes).toHaveLength(length)
})

test('VP1 what is wrong with a pool is said in the words of its webhook', async () => {
  const { pools } = await world()
  const wrong = poolOf(1)
  wrong.spec.maxUnavailable = 0
  await expect(pools.create(wrong)).rejects.toMatchObject({
    message:
      'admission webhook "virtualmachinepool-validator.kubevirt.io" denied the request: maxUnavailable must be greater than 0',
  })
})
