import {
  type ConfigMap,
  configMapDefinition,
  type Namespace,
  namespaceDefinition,
  type Secret,
  secretDefinition,
} from '@sheaf/api'
import { type ApiObject, keyOf, type ObjectMeta, type OwnerReference } from '@sheaf/api/meta'
import { afterEach, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../api-server.fixture.ts'
import { type GarbageCollector, startGarbageCollector } from './index.ts'

const collectors: GarbageCollector[] = []
afterEach(() => Promise.all(collectors.splice(0).map((collector) => collector.stop())))

async function world() {
  const api = await startTestApi()
  const maps = api.client.resource<ConfigMap>(configMapDefinition)
  const secrets = api.client.resource<Secret>(secretDefinition)
  const create = (name: string, metadata: ObjectMeta = {}): Promise<ConfigMap> =>
    maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', ...metadata, name } })
  return { api, maps, secrets, create }
}

function collect(api: TestApi): GarbageCollector {
  const collector = startGarbageCollector({ ...api, resources: api.server })
  collectors.push(collector)
  return collector
}

function ownedBy(owner: ApiObject, more: Partial<OwnerReference> = {}): ObjectMeta {
  const { apiVersion, kind, metadata } = owner
  return { ownerReferences: [{ apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '', ...more }] }
}

/** True once the collector has looked at everything that there is to look at. */
const isQuiet = (collector: GarbageCollector): boolean =>
  collector.snapshot().every(({ waiting, running }) => waiting.length + running.length === 0)

async function settle(api: TestApi, collector: GarbageCollector): Promise<void> {
  let quietTurns = 0
  await api.until(() => {
    quietTurns = isQuiet(collector) ? quietTurns + 1 : 0
    return quietTurns > 20
  })
}

const isGone = async (api: TestApi, object: ApiObject): Promise<boolean> =>
  (await api.client.resource(object.kind === 'Secret' ? secretDefinition : configMapDefinition).find(keyOf(object))) === undefined

test('what belongs to a deleted object goes after it, generation by generation', async () => {
  const { api, maps, secrets, create } = await world()
  collect(api)
  const owner = await create('owner')
  const child = await create('child', ownedBy(owner))
  const grandchild = await secrets.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 'g', ...ownedBy(child) },
  })
  await maps.delete(keyOf(owner), { propagationPolicy: 'Background' })
  await api.until(async () => (await isGone(api, child)) && (await isGone(api, grandchild)))
  expect(api.log.lines).toEqual([])
})

test('what lost its owner while nobody collected, or never had one, goes at the next start', async () => {
  const { api, maps, create } = await world()
  const owner = await create('owner')
  const child = await create('child', ownedBy(owner))
  const stray = await create('stray', ownedBy(owner, { uid: 'never-was', name: 'nobody' }))
  const kept = await create('kept')
  await maps.delete(keyOf(owner))
  collect(api)
  await api.until(async () => (await isGone(api, child)) && (await isGone(api, stray)))
  expect(await isGone(api, kept)).toBe(false)
})

test('an owner of the same name that is another object is no owner', async () => {
  const { api, maps, create } = await world()
  const first = await create('owner')
  const child = await create('child', ownedBy(first))
  await maps.delete(keyOf(first))
  await create('owner')
  collect(api)
  await api.until(() => isGone(api, child))
})

test('who has another owner left stays, without the reference that leads nowhere', async () => {
  const { api, maps, create } = await world()
  collect(api)
  const first = await create('first')
  const second = await create('second')
  const both = [...(ownedBy(first).ownerReferences ?? []), ...(ownedBy(second).ownerReferences ?? [])]
  const child = await create('child', { ownerReferences: both })
  await maps.delete(keyOf(first))
  await api.until(async () => (await maps.get(keyOf(child))).metadata.ownerReferences?.length === 1)
  expect((await maps.get(keyOf(child))).metadata.ownerReferences?.[0]?.name).toBe('second')
})

test('in foreground deletion the owner waits for those that block it, and only for those', async () => {
  const { api, maps, create } = await world()
  const collector = collect(api)
  const owner = await create('owner')
  const blocking = await create('blocking', { ...ownedBy(owner, { blockOwnerDeletion: true }), finalizers: ['example.com/held'] })
  const loose = await create('loose', { ...ownedBy(owner), finalizers: ['example.com/held'] })
  await maps.delete(keyOf(owner), { propagationPolicy: 'Foreground' })
  await api.until(async () => (await maps.get(keyOf(blocking))).metadata.deletionTimestamp !== undefined)
  await settle(api, collector)
  expect((await maps.get(keyOf(owner))).metadata.finalizers).toEqual(['foregroundDeletion'])
  await maps.patch(keyOf(blocking), { metadata: { finalizers: null } })
  await api.until(() => isGone(api, owner))
  expect((await maps.get(keyOf(loose))).metadata.deletionTimestamp).toBeDefined()
})

test('a circle of owners does not keep itself alive in foreground deletion', async () => {
  const { api, maps, create } = await world()
  collect(api)
  const one = await create('one')
  const two = await create('two', ownedBy(one, { blockOwnerDeletion: true }))
  const three = await create('three', ownedBy(two, { blockOwnerDeletion: true }))
  await maps.patch(keyOf(one), {
    metadata: { ownerReferences: [{ ...ownedBy(three, { blockOwnerDeletion: true }).ownerReferences?.[0] }] },
  })
  await maps.delete(keyOf(one), { propagationPolicy: 'Foreground' })
  await api.until(async () => (await maps.list({ namespace: 'default' })).items.length === 0)
})

test('orphans live on without their reference', async () => {
  const { api, maps, create } = await world()
  const collector = collect(api)
  const owner = await create('owner')
  const child = await create('child', ownedBy(owner, { blockOwnerDeletion: true }))
  await maps.delete(keyOf(owner), { propagationPolicy: 'Orphan' })
  await api.until(() => isGone(api, owner))
  await settle(api, collector)
  const left = await maps.get(keyOf(child))
  expect(left.metadata.ownerReferences ?? []).toEqual([])
  expect(left.metadata.deletionTimestamp).toBeUndefined()
})

test('an owner in another namespace is none, and the dependent is told so', async () => {
  const { api, create } = await world()
  const owner = await create('owner', { namespace: 'kube-system' })
  const child = await create('child', ownedBy(owner))
  collect(api)
  await api.until(() => isGone(api, child))
  expect(api.recorded).toContainEqual(
    expect.stringMatching(/^Warning OwnerRefInvalidNamespace child: ownerRef \[v1\/ConfigMap, /),
  )
})

test('a cluster-scoped object is never collected for an owner inside a namespace, nor for one of an unknown Kind', async () => {
  const { api, create } = await world()
  const owner = await create('owner')
  const namespaces = api.client.resource<Namespace>(namespaceDefinition)
  const metadata = { name: 'shop', ...ownedBy(owner, { uid: 'gone' }) }
  await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata })
  const strange = await create('strange', ownedBy(owner, { apiVersion: 'example.com/v1', kind: 'Strange', uid: 'gone' }))
  const collector = collect(api)
  await api.until(() => api.recorded.length > 0)
  await settle(api, collector)
  expect((await namespaces.get({ namespace: '', name: 'shop' })).metadata.deletionTimestamp).toBeUndefined()
  expect(await isGone(api, strange)).toBe(false)
})
