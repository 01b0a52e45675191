import {
  type ConfigMap,
  configMapDefinition,
  type Namespace,
  namespaceDefinition,
  type Secret,
  secretDefinition,
} from '@sheaf/api'
import { findCondition, isAlreadyExists, keyOf } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import { afterEach, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../api-server.fixture.ts'
import { ensureNamespaces, startNamespaceController } from './index.ts'

const controllers: { stop(): unknown }[] = []
afterEach(() => Promise.all(controllers.splice(0).map((controller) => controller.stop())))

const shop = { namespace: '', name: 'shop' }

async function world() {
  const api = await startTestApi()
  const namespaces = api.client.resource<Namespace>(namespaceDefinition)
  const maps = api.client.resource<ConfigMap>(configMapDefinition)
  const secrets = api.client.resource<Secret>(secretDefinition)
  await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  return { api, namespaces, maps, secrets }
}

function control(api: TestApi): void {
  const namespaces = startInformer<Namespace>({ ...api, resource: namespaceDefinition })
  controllers.push(startNamespaceController({ ...api, resources: api.server }, namespaces), namespaces)
}

test('the namespaces that everybody expects are made once, and making them again changes nothing', async () => {
  const { api, namespaces } = await world()
  const before = await namespaces.list()
  await ensureNamespaces(api.client)
  expect((await namespaces.list()).items).toEqual(before.items)
  const names = before.items.map(({ metadata }) => metadata.name)
  expect(names).toEqual(['default', 'harvester-system', 'kube-node-lease', 'kube-public', 'kube-system', 'shop'])
})

test('a deleted namespace takes all that is in it along, and nothing else', async () => {
  const { api, namespaces, maps, secrets } = await world()
  control(api)
  for (let n = 0; n < 20; n++) {
    await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: `m${n}` } })
  }
  await secrets.create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name: 's' } })
  await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'other' } })
  await namespaces.delete(shop)
  expect((await namespaces.get(shop)).status?.phase).toBe('Terminating')
  await api.until(async () => (await namespaces.find(shop)) === undefined)
  expect((await maps.list()).items.map(({ metadata }) => metadata.name)).toEqual(['other'])
  expect((await secrets.list()).items).toEqual([])
  expect(api.log.lines).toEqual([])
})

test('a namespace waits for the finalizers inside it and says for which', async () => {
  const { api, namespaces, maps } = await world()
  control(api)
  const held = await maps.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name: 'held', finalizers: ['example.com/held'] },
  })
  await namespaces.delete(shop)
  const remaining = async (): Promise<string | undefined> => {
    const conditions = (await namespaces.get(shop)).status?.conditions
    return findCondition(conditions, 'NamespaceFinalizersRemaining')?.message
  }
  await api.until(async () => (await remaining()) !== undefined)
  expect(await remaining()).toBe(
    'Some content in the namespace has finalizers remaining: example.com/held in 1 resource instances',
  )
  const refused = maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'late' } })
  await expect(refused).rejects.toMatchObject({ code: 403 })
  await maps.patch(keyOf(held), { metadata: { finalizers: null } })
  await api.until(async () => (await namespaces.find(shop)) === undefined)
})

test('a namespace that waits is not written again as long as nothing changes', async () => {
  const { api, namespaces, maps } = await world()
  control(api)
  const metadata = { namespace: 'shop', name: 'held', finalizers: ['example.com/held'] }
  await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
  await namespaces.delete(shop)
  await api.until(async () => (await namespaces.get(shop)).status?.conditions !== undefined)
  const written = api.writes.length
  const untilMs = api.clock.now() + 30_000
  await api.until(() => api.clock.now() > untilMs, 500)
  expect(api.writes.slice(written)).toEqual([])
})

test('a namespace of the same name can be made as soon as the old one is gone', async () => {
  const { api, namespaces } = await world()
  control(api)
  const old = await namespaces.get(shop)
  await namespaces.delete(shop)
  await api.until(async () => {
    try {
      await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
      return true
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      return false
    }
  })
  const young = await namespaces.get(shop)
  expect(young.metadata.uid).not.toBe(old.metadata.uid)
  expect(young.metadata.deletionTimestamp).toBeUndefined()
})
