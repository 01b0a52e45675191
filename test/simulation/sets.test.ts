// docs/spec/sets.md, as far as it takes guests: the real API server and controllers over simulated machines.

import {
  type PriorityClass,
  priorityClassDefinition,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
  type VirtualMachineInstanceReplicaSet,
  virtualMachineInstanceReplicaSetDefinition,
  type VirtualMachinePool,
  virtualMachinePoolDefinition,
} from '@sheaf/api'
import { findCondition, type Json, keyOf, resourcePath } from '@sheaf/api/meta'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { becomeQuiet, pass, type Platform } from './pace.ts'
import { closePlatform, openPlatform } from './platform.ts'

const namespace = 'default'
const key = { namespace, name: 'shop' }
const labels = { app: 'shop' }
const bootMs = 3_000

let platform: Platform
beforeEach(async () => {
  platform = await openPlatform()
})
afterEach(() => closePlatform(platform))

const client = () => platform.plane.client
const sets = () => client().resource<VirtualMachineInstanceReplicaSet>(virtualMachineInstanceReplicaSetDefinition)
const pools = () => client().resource<VirtualMachinePool>(virtualMachinePoolDefinition)
const vms = () => client().resource<VirtualMachine>(virtualMachineDefinition)
const vmis = () => client().resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
const namesOf = <T extends { metadata: { name?: string } }>(objects: readonly T[]): string[] =>
  objects.map(({ metadata }) => metadata.name ?? '')
const instances = async () => (await vmis().list({ namespace })).items
const members = async () => (await vms().list({ namespace })).items
const isRunning = (instance: VirtualMachineInstance) =>
  instance.status?.phase === 'Running' && !instance.metadata.deletionTimestamp
const running = async () => namesOf((await instances()).filter(isRunning))

const spec = { terminationGracePeriodSeconds: 0, domain: { memory: { guest: '64Mi' }, devices: {} } }

function createSet(replicas: number): Promise<VirtualMachineInstanceReplicaSet> {
  return sets().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceReplicaSet',
    metadata: key,
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  })
}

function createPool(
  replicas: number,
  more: Partial<VirtualMachinePool['spec']> = {},
  machine: object = {},
): Promise<VirtualMachinePool> {
  return pools().create({
    apiVersion: 'pool.kubevirt.io/v1beta1',
    kind: 'VirtualMachinePool',
    metadata: key,
    spec: {
      replicas,
      selector: { matchLabels: labels },
      virtualMachineTemplate: {
        metadata: { labels },
        spec: { runStrategy: 'Always', template: { metadata: { labels }, spec }, ...machine },
      },
      ...more,
    },
  })
}

const scaleOf = (definition: Parameters<typeof resourcePath>[0]): string => resourcePath(definition, key, 'scale')
const scale = (definition: Parameters<typeof resourcePath>[0], replicas: number) =>
  client().request('PUT', scaleOf(definition), { metadata: { name: key.name }, spec: { replicas } } satisfies Json)

test('VR2 a set runs as many instances as its scale says, and tells how many there are', async () => {
  await createSet(3)
  await pass(platform, bootMs)
  expect(await running()).toHaveLength(3)
  expect((await sets().get(key)).status).toMatchObject({ replicas: 3, readyReplicas: 3, labelSelector: 'app=shop' })
  await scale(virtualMachineInstanceReplicaSetDefinition, 1)
  await pass(platform, bootMs)
  expect(await running()).toHaveLength(1)
  expect((await sets().get(key)).status).toMatchObject({ replicas: 1, readyReplicas: 1 })
})

test('VR4 an instance that crashes is replaced', async () => {
  await createSet(1)
  await pass(platform, bootMs)
  const [first] = await instances()
  platform.host.machines.crash(first?.metadata.uid ?? '')
  await pass(platform, bootMs)
  const after = await instances()
  expect(after.map(({ status }) => status?.phase)).toEqual(['Running'])
  expect(namesOf(after)).not.toEqual(namesOf(first === undefined ? [] : [first]))
})

test('VR4 an instance that never comes up is tried again every ten seconds, not more often', async () => {
  vi.spyOn(platform.host.refused, 'has').mockReturnValue(true)
  await createSet(1)
  await pass(platform, 60_000)
  const starts = platform.host.starts.size
  expect(starts).toBeGreaterThanOrEqual(5)
  expect(starts).toBeLessThanOrEqual(7)
  expect((await instances()).length).toBeLessThanOrEqual(2)
})

test('VR5 an instance that is given the labels is adopted, and one that loses them is released and replaced', async () => {
  await createSet(1)
  await pass(platform, bootMs)
  const [name = ''] = await running()
  await vmis().patch({ namespace, name }, { metadata: { labels: { app: 'other' } } })
  await pass(platform, bootMs)
  expect(await running()).toHaveLength(2)
  expect((await vmis().get({ namespace, name })).metadata.ownerReferences ?? []).toEqual([])
  await vmis().patch({ namespace, name }, { metadata: { labels: { ...labels } } })
  await pass(platform, bootMs)
  expect(await running()).toEqual([name])
})

test('VR7 a paused set is left alone, says so, and goes on', async () => {
  await createSet(2)
  await pass(platform, bootMs)
  await sets().patch(key, { spec: { paused: true, replicas: 3 } })
  const [name = ''] = await running()
  await vmis().delete({ namespace, name })
  await pass(platform, bootMs)
  expect(await running()).toHaveLength(1)
  const paused = await sets().get(key)
  expect(findCondition(paused.status?.conditions, 'ReplicaPaused')).toMatchObject({
    status: 'True',
    reason: 'Paused',
    message: 'Controller got paused',
  })
  await sets().patch(key, { spec: { paused: false } })
  await pass(platform, bootMs)
  expect(await running()).toHaveLength(3)
  expect((await sets().get(key)).status?.conditions ?? []).toEqual([])
})

test('VR10 the instances of a set go with it, or stay when it is deleted with orphan', async () => {
  await createSet(2)
  await pass(platform, bootMs)
  await sets().delete(key)
  await pass(platform, bootMs)
  expect(await instances()).toEqual([])
  await createSet(2)
  await pass(platform, bootMs)
  await sets().delete(key, { propagationPolicy: 'Orphan' })
  await pass(platform, bootMs)
  expect(await sets().find(key)).toBeUndefined()
  expect((await instances()).map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[], []])
  expect(await running()).toHaveLength(2)
})

/** About as many as it takes to bring three up. */
const effects = Array.from({ length: 24 }, (_, effect) => effect)

/** Answers whether the control plane died on the way. */
async function withDeath(death: { effect: number; moment: 'before' | 'after' }, deed: () => Promise<unknown>): Promise<number> {
  const { plane } = platform
  plane.dieAt(death)
  await deed()
  await pass(platform, bootMs)
  return platform.plane === plane ? 0 : 1
}

test.each(['before', 'after'] as const)(
  'VR9 a control plane that dies right %s any of its effects leaves no surplus',
  async (moment) => {
    let deaths = 0
    for (const effect of effects) {
      closePlatform(platform)
      platform = await openPlatform()
      deaths += await withDeath({ effect, moment }, () => createSet(3))
      expect(await running()).toHaveLength(3)
      expect([...platform.host.starts.keys()], `three machines were ever started (effect ${effect})`).toHaveLength(3)
      deaths += await withDeath({ effect, moment }, () => scale(virtualMachineInstanceReplicaSetDefinition, 1))
      expect(await running()).toHaveLength(1)
      expect([...platform.host.starts.keys()]).toHaveLength(3)
    }
    expect(deaths).toBeGreaterThan(effects.length)
  },
)

test('VP7 a pool numbers its VMs, and a deleted one comes back under its number', async () => {
  await createPool(3)
  await pass(platform, bootMs)
  expect(await running()).toEqual(['shop-0', 'shop-1', 'shop-2'])
  expect((await pools().get(key)).status).toMatchObject({ replicas: 3, readyReplicas: 3, labelSelector: 'app=shop' })
  const before = await vms().get({ namespace, name: 'shop-1' })
  await vms().delete(keyOf(before))
  await pass(platform, bootMs)
  expect(await running()).toEqual(['shop-0', 'shop-1', 'shop-2'])
  expect((await vms().get(keyOf(before))).metadata.uid).not.toBe(before.metadata.uid)
})

test('VP6 a pool whose template still says running makes VMs that do not, and nobody is warned for it', async () => {
  await createPool(1, {}, { runStrategy: null, running: true })
  await pass(platform, bootMs)
  const [machine] = await members()
  expect([machine?.spec.running, machine?.spec.runStrategy]).toEqual([undefined, 'Always'])
})

test('VP11 a changed template reaches all guests, one at a time where no more may be missing', async () => {
  await createPool(3, { maxUnavailable: 1 })
  await pass(platform, bootMs)
  await pools().patch(key, { spec: { virtualMachineTemplate: { spec: { template: { spec: { hostname: 'new' } } } } } })
  const hostnames = async () => (await instances()).map((instance) => instance.spec.hostname)
  for (let step = 0; step < 100 && (await hostnames()).join() !== 'new,new,new'; step++) {
    await pass(platform, 250)
    expect((await running()).length).toBeGreaterThanOrEqual(2)
  }
  expect(await hostnames()).toEqual(['new', 'new', 'new'])
  await pass(platform, bootMs)
  const starts = [...platform.host.starts.values()].map((each) => each.length)
  expect(starts).toEqual([2, 2, 2])
})

test('VP11 a restart brings the guest back whatever the strategy, and asks nothing of one that is off', async () => {
  await createPool(2, {}, { runStrategy: 'Manual' })
  await pass(platform, bootMs)
  const start = '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/shop-0/start'
  await client().request('PUT', start)
  await pass(platform, bootMs)
  await pools().patch(key, { spec: { virtualMachineTemplate: { spec: { template: { spec: { hostname: 'new' } } } } } })
  await pass(platform, 2 * bootMs)
  expect((await instances()).map(({ metadata, spec: { hostname } }) => [metadata.name, hostname])).toEqual([['shop-0', 'new']])
  expect((await members()).map((machine) => machine.spec.template.spec.hostname)).toEqual(['new', 'new'])
})

test('VP12 a pool shrinks in the order that it names', async () => {
  await createPool(4, { scaleInStrategy: { proactive: { selectionPolicy: { sortPolicy: 'AscendingOrder' } } } })
  await pass(platform, bootMs)
  await scale(virtualMachinePoolDefinition, 2)
  await pass(platform, bootMs)
  expect(namesOf(await members())).toEqual(['shop-2', 'shop-3'])
})

test('VP13 a member that does not come up is made anew, and a start that fails is not the end of the others', async () => {
  platform.host.refused.add('default_shop-0')
  await createPool(2, { autohealing: { startUpFailureThreshold: 2 } })
  await pass(platform, bootMs)
  expect(await running()).toEqual(['shop-1'])
  const before = await vms().get({ namespace, name: 'shop-0' })
  await pass(platform, 20_000)
  platform.host.refused.clear()
  await pass(platform, 60_000)
  expect(await running()).toEqual(['shop-0', 'shop-1'])
  expect((await vms().get(keyOf(before))).metadata.uid).not.toBe(before.metadata.uid)
})

test('VP15 a member that loses the labels is released and replaced, and its name stays taken', async () => {
  await createPool(1)
  await pass(platform, bootMs)
  await vms().patch({ namespace, name: 'shop-0' }, { metadata: { labels: { app: 'other' } } })
  await pass(platform, bootMs)
  expect(await running()).toEqual(['shop-0', 'shop-1'])
  expect((await vms().get({ namespace, name: 'shop-0' })).metadata.ownerReferences ?? []).toEqual([])
})

test('VP17 the members of a pool go with it', async () => {
  await createPool(2)
  await pass(platform, bootMs)
  await pools().delete(key)
  await pass(platform, bootMs)
  expect([await members(), await instances()]).toEqual([[], []])
})

test.each(['before', 'after'] as const)(
  'VP16 a control plane that dies right %s any of its effects leaves no surplus',
  async (moment) => {
    let deaths = 0
    for (const effect of effects) {
      closePlatform(platform)
      platform = await openPlatform()
      deaths += await withDeath({ effect, moment }, () => createPool(3))
      expect(await running()).toEqual(['shop-0', 'shop-1', 'shop-2'])
      deaths += await withDeath({ effect, moment }, () => scale(virtualMachinePoolDefinition, 1))
      expect(await members()).toHaveLength(1)
      expect([...platform.host.starts.keys()].toSorted()).toEqual(['default_shop-0', 'default_shop-1', 'default_shop-2'])
    }
    expect(deaths).toBeGreaterThan(effects.length)
  },
)

test('PC4 an instance whose priority class is not there waits for it and says so', async () => {
  await vmis().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: key,
    spec: { ...spec, priorityClassName: 'high' },
  })
  await becomeQuiet(platform)
  const waiting = await vmis().get(key)
  expect(findCondition(waiting.status?.conditions, 'Synchronized')).toMatchObject({
    status: 'False',
    reason: 'FailedCreate',
    message: 'no PriorityClass with name high was found',
  })
  await client()
    .resource<PriorityClass>(priorityClassDefinition)
    .create({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 5 })
  await pass(platform, 10_000)
  expect((await vmis().get(key)).status?.phase).toBe('Running')
})
