import {
  type ConfigMap,
  configMapDefinition,
  type ResourceQuota,
  resourceQuotaDefinition,
  type Service,
  serviceDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type ApiObject, formatQuantity, type ResourceDefinition } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { expect, onTestFinished, test } from 'vitest'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import { createQuotas, type Quotas, resourceQuotaKind, startResourceQuotaController } from './index.ts'
import { amountsOf } from './usage.ts'

const namespace = 'default'

async function startWorld(hard: Record<string, string>) {
  const held: { quotas?: Quotas } = {}
  const instanceKind = { definition: virtualMachineInstanceDefinition } as unknown as Kind
  const api = await startTestApi([...smallKinds, resourceQuotaKind, instanceKind], {
    charge: async (...given) => (await held.quotas?.charge(...given)) ?? (() => {}),
  })
  const resource = api.client.resource<ResourceQuota>(resourceQuotaDefinition)
  await resource.create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'most', namespace }, spec: { hard } })
  const quotas = createQuotas(api)
  held.quotas = quotas
  quotas.start(api.server)
  const { client, clock, random, log } = api
  const follow = { client, clock, random, log, resource: virtualMachineInstanceDefinition }
  const instances = startInformer<VirtualMachineInstance>(follow)
  const controller = startResourceQuotaController({ ...api, quotas, resources: api.server }, instances)
  onTestFinished(async () => {
    quotas.stop()
    instances.stop()
    await controller.stop()
    expect(api.log.lines).toEqual([])
  })
  const used = async () => (await resource.get({ namespace, name: 'most' })).status?.used
  await api.until(async () => (await used()) !== undefined)
  return { ...api, resource, used }
}

const configMap = (name: string): ConfigMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } })

function instance(name: string, domain: object = {}): VirtualMachineInstance {
  const spec = { domain: { devices: {}, ...domain } }
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace },
    spec,
  } as unknown as VirtualMachineInstance
}

const amounts = (definition: unknown, object: unknown): Record<string, string> =>
  Object.fromEntries(
    [...amountsOf(definition as ResourceDefinition, object as ApiObject)].map(([name, amount]) => [name, formatQuantity(amount)]),
  )

test('RQ1 everything counts as one, services by their ports as well', () => {
  expect(amounts(configMapDefinition, configMap('a'))).toEqual({ 'count/configmaps': '1', configmaps: '1' })
  const spec = { type: 'LoadBalancer', ports: [{ port: 1 }, { port: 2 }] }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: {}, spec } as Service
  expect(amounts(serviceDefinition, service)).toEqual({
    'count/services': '1',
    services: '1',
    'services.loadbalancers': '1',
    'services.nodeports': '2',
  })
})

test('RQ2 an instance takes what it requests, or what its guest has, until it has ended', () => {
  const plain = instance('a', { cpu: { sockets: 2, cores: 2 }, memory: { guest: '1Gi' } })
  const count = { 'count/virtualmachineinstances.kubevirt.io': '1' }
  const guest = { cpu: '4', memory: '1Gi', 'requests.cpu': '4', 'requests.memory': '1Gi' }
  expect(amounts(virtualMachineInstanceDefinition, plain)).toEqual({ ...count, ...guest })
  const resources = { requests: { cpu: '500m', memory: '2Gi' }, limits: { cpu: '1', memory: '3Gi' } }
  expect(amounts(virtualMachineInstanceDefinition, instance('a', { resources }))).toEqual({
    ...count,
    cpu: '500m',
    memory: '2Gi',
    'requests.cpu': '500m',
    'requests.memory': '2Gi',
    'limits.cpu': '1',
    'limits.memory': '3Gi',
  })
  expect(amounts(virtualMachineInstanceDefinition, { ...plain, status: { phase: 'Succeeded' } })).toEqual(count)
})

test('RQ3 what there is no room for is refused in Kubernetes words, RQ6 unless something has gone', async () => {
  const { client, used } = await startWorld({ 'count/configmaps': '1', pods: '3' })
  expect(await used()).toEqual({ 'count/configmaps': '0' })
  const configMaps = client.resource<ConfigMap>(configMapDefinition)
  await configMaps.create(configMap('a'))
  expect(await used()).toEqual({ 'count/configmaps': '1' })
  await expect(configMaps.create(configMap('b'))).rejects.toMatchObject({
    code: 403,
    message:
      'configmaps "b" is forbidden: exceeded quota: most, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
  })
  await configMaps.delete({ namespace, name: 'a' })
  await configMaps.create(configMap('b'))
})

test('RQ4 an instance has to say what is limited, RQ3 and there has to be room for it', async () => {
  const { client, used } = await startWorld({ 'requests.memory': '3Gi', 'limits.memory': '4Gi' })
  const instances = client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const resources = { limits: { memory: '2Gi' } }
  await expect(instances.create(instance('a', { memory: { guest: '2Gi' } }))).rejects.toThrow(
    /failed quota: most: must specify limits\.memory/,
  )
  await instances.create(instance('a', { memory: { guest: '2Gi' }, resources }))
  await expect(instances.create(instance('b', { memory: { guest: '2Gi' }, resources }))).rejects.toThrow(
    /exceeded quota: most, requested: requests\.memory=2Gi, used: requests\.memory=2Gi, limited: requests\.memory=3Gi/,
  )
  expect(await used()).toEqual({ 'limits.memory': '2Gi', 'requests.memory': '2Gi' })
})

test('RQ5 of those who ask at once for the last room one gets it', async () => {
  const { client, used } = await startWorld({ configmaps: '3' })
  const configMaps = client.resource<ConfigMap>(configMapDefinition)
  const names = Array.from({ length: 12 }, (_, index) => `c-${index}`)
  const outcomes = await Promise.allSettled(names.map((name) => configMaps.create(configMap(name))))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  expect((await configMaps.list({ namespace })).items).toHaveLength(3)
  expect(await used()).toEqual({ configmaps: '3' })
})

test('RQ6 the status follows what goes', async () => {
  const { client, used, until } = await startWorld({ configmaps: '3', 'requests.memory': '4Gi' })
  const configMaps = client.resource<ConfigMap>(configMapDefinition)
  const instances = client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  await configMaps.create(configMap('a'))
  await instances.create(instance('a', { memory: { guest: '1Gi' } }))
  expect(await used()).toEqual({ configmaps: '1', 'requests.memory': '1Gi' })
  await instances.delete({ namespace, name: 'a' })
  await until(async () => (await used())?.['requests.memory'] === '0')
  await configMaps.delete({ namespace, name: 'a' })
  await until(async () => (await used())?.['configmaps'] === '0')
})

test('RQ7 a dry run takes nothing; what is no amount, negative or about Pods is refused', async () => {
  const { client, used, resource, server } = await startWorld({ configmaps: '1' })
  const dryRun = (name: string) =>
    server.fetchAs({ username: 'somebody', groups: [] })({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(configMap(name)),
    })
  expect((await dryRun('a')).status).toBe(201)
  expect(await used()).toEqual({ configmaps: '0' })
  await client.resource<ConfigMap>(configMapDefinition).create(configMap('a'))
  expect((await dryRun('b')).status).toBe(403)
  const quota = (spec: object) =>
    resource.create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'other', namespace }, spec } as ResourceQuota)
  await expect(quota({ hard: { configmaps: '-1' } })).rejects.toThrow(/must be greater than or equal to 0/)
  await expect(quota({ hard: { configmaps: 'many' } })).rejects.toMatchObject({ code: expect.toSatisfy((code) => code >= 400) })
  await expect(quota({ hard: {}, scopes: ['BestEffort'] })).rejects.toThrow(/quotas here count everything/)
})

test('RQ8 what grows takes what it has more, as far as there is room', async () => {
  const { client, used } = await startWorld({ 'requests.memory': '3Gi', 'count/virtualmachineinstances.kubevirt.io': '1' })
  const instances = client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const withMemory = (guest: string) => instance('a', { memory: { guest } })
  const resize = async (guest: string) => {
    const { metadata } = await instances.get({ namespace, name: 'a' })
    return instances.update({ ...withMemory(guest), metadata })
  }
  await instances.create(withMemory('1Gi'))
  await resize('3Gi')
  const full = { 'count/virtualmachineinstances.kubevirt.io': '1', 'requests.memory': '3Gi' }
  expect(await used()).toEqual(full)
  await expect(resize('4Gi')).rejects.toMatchObject({
    code: 403,
    message:
      'virtualmachineinstances.kubevirt.io "a" is forbidden: exceeded quota: most, requested: requests.memory=1Gi, used: requests.memory=3Gi, limited: requests.memory=3Gi',
  })
  // Less is always taken, and given back when it is counted anew.
  await resize('1Gi')
  await resize('2Gi')
  expect((await instances.get({ namespace, name: 'a' })).spec.domain.memory?.guest).toBe('2Gi')
})
