import { type Lease, leaseDefinition, type Node, nodeDefinition } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import type { Controller } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { SimulatedWorld } from '@sheaf/qemu'
import { afterEach, expect, test } from 'vitest'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import { localImages } from '../local-images.ts'
import { virtualMachineInstanceKind } from '../virtualmachineinstance/index.ts'
import { sampleInstance, sampleMachine } from '../virtualmachineinstance/sample-instance.ts'
import { host as facts } from './host.fixture.ts'
import type { HostState } from './host-facts.ts'
import { retireNode, startNodeController } from './index.ts'

const controllers: Controller[] = []
afterEach(() => Promise.all(controllers.splice(0).map((controller) => controller.stop())))

const attic = { namespace: '', name: 'attic' }

async function world() {
  let guests: SimulatedWorld | undefined
  const api = await startTestApi((ports) => {
    guests = new SimulatedWorld({ clock: ports.clock })
    const images = localImages('/images', async () => undefined)
    const machinePorts = { ...ports, hypervisor: guests.open(), images, nodeName: 'attic' }
    return [...smallKinds, virtualMachineInstanceKind(machinePorts)] as Kind[]
  })
  if (guests === undefined) throw new Error('the Kinds were not asked for')
  const hypervisor = guests.open()
  const nodes = api.client.resource<Node>(nodeDefinition)
  const leases = api.client.resource<Lease>(leaseDefinition)
  const machine = { now: facts satisfies HostState }
  const ports = { ...api, nodeName: 'attic', hypervisor, host: { read: () => Promise.resolve(machine.now) } }
  const start = (): Controller => {
    const controller = startNodeController(ports)
    controllers.push(controller)
    return controller
  }
  const isReady = async (): Promise<boolean> => {
    const node = await nodes.find(attic)
    return findCondition(node?.status?.conditions, 'Ready')?.status === 'True'
  }
  const lease = () => leases.find({ namespace: 'kube-node-lease', name: 'attic' })
  return { api, ports, nodes, lease, machine, hypervisor, start, isReady }
}

test('the machine registers itself, is ready, takes guests and holds its lease', async () => {
  const { api, nodes, lease, start, isReady } = await world()
  start()
  await api.until(isReady)
  const node = await nodes.get(attic)
  expect(node.metadata.labels).toEqual({
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': 'attic',
    'kubernetes.io/os': 'linux',
    'kubevirt.io/schedulable': 'true',
  })
  expect(node.metadata.annotations?.['kubevirt.io/heartbeat']).toMatch(/^2026-01-01T00:0\d:\d\dZ$/)
  expect((await lease())?.spec).toMatchObject({ holderIdentity: 'attic', leaseDurationSeconds: 240 })
  expect((await lease())?.metadata.ownerReferences?.[0]?.uid).toBe(node.metadata.uid)
  expect(api.log.lines).toEqual([])
})

test('a quiet hour is about sixty heartbeats, each one write to the node and one to the lease', async () => {
  const { api, start, isReady } = await world()
  start()
  await api.until(isReady)
  const before = api.writes.length
  const endMs = api.clock.now() + 60 * 60_000
  await api.until(() => api.clock.now() >= endMs, 1000)
  const written = api.writes.slice(before)
  const toNode = written.filter((request) => request === 'PUT /api/v1/nodes/attic/status').length
  const toLease = written.filter((request) => request.startsWith('PUT') && request.endsWith('/leases/attic')).length
  expect(toNode).toBeGreaterThanOrEqual(55)
  expect(toNode).toBeLessThanOrEqual(61)
  expect(toLease).toBe(toNode)
  expect(written).toHaveLength(toNode + toLease)
})

test('what changes on the machine shows at the next heartbeat at the latest', async () => {
  const { api, nodes, machine, start, isReady } = await world()
  start()
  await api.until(isReady)
  machine.now = { ...facts, memoryBytes: 32 * 2 ** 30 }
  const changedMs = api.clock.now()
  await api.until(async () => (await nodes.get(attic)).status?.capacity?.['memory'] === '33554432Ki', 1000)
  expect(api.clock.now() - changedMs).toBeLessThanOrEqual(65_000)
})

test("a label that was taken away comes back, and other people's labels and cordons stay", async () => {
  const { api, nodes, start, isReady } = await world()
  start()
  await api.until(isReady)
  await nodes.patch(attic, {
    metadata: { labels: { 'kubevirt.io/schedulable': null, 'example.com/rack': '1' } },
    spec: { unschedulable: true },
  })
  await api.until(async () => (await nodes.get(attic)).metadata.labels?.['kubevirt.io/schedulable'] === 'true')
  const node = await nodes.get(attic)
  expect(node.metadata.labels?.['example.com/rack']).toBe('1')
  expect(node.spec?.unschedulable).toBe(true)
})

test('a node that somebody deleted registers again', async () => {
  const { api, nodes, start, isReady } = await world()
  start()
  await api.until(isReady)
  await nodes.delete(attic)
  await api.until(isReady)
})

test('a clean end takes the machine out of the choice at once, and a start brings it back', async () => {
  const { api, ports, nodes, start, isReady } = await world()
  await start().stop()
  start()
  await api.until(isReady)
  for (const controller of controllers.splice(0)) await controller.stop()
  await retireNode(ports)
  expect((await nodes.get(attic)).metadata.labels?.['kubevirt.io/schedulable']).toBe('false')
  start()
  await api.until(async () => (await nodes.get(attic)).metadata.labels?.['kubevirt.io/schedulable'] === 'true')
})

test('a guest that belongs to no instance is told of once, until it has ended', async () => {
  const { api, nodes, hypervisor, start, isReady } = await world()
  const isTold = async (status: string): Promise<boolean> =>
    findCondition((await nodes.find(attic))?.status?.conditions, 'StrayGuests')?.status === status
  start()
  await api.until(isReady)
  expect(await isTold('False')).toBe(true)
  const { plan } = sampleMachine(sampleInstance(), { kind: 'prepared' })
  const launch = hypervisor.launch(plan)
  await api.until(() => isTold('True'), 1000)
  await launch
  const endMs = api.clock.now() + 10 * 60_000
  await api.until(() => api.clock.now() >= endMs, 1000)
  expect(api.recorded).toEqual([expect.stringMatching(/^Warning GuestsWithoutInstance attic: .*default\/demo \(process \d+/)])
  await hypervisor.kill(plan.id)
  await api.until(() => isTold('False'), 1000)
})
