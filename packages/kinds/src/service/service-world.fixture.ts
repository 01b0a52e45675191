// The real API server and the service's controller, over ports and guests that are only talked of.

import { PassThrough } from 'node:stream'
import {
  type Endpoints,
  type EndpointSlice,
  endpointsDefinition,
  endpointSliceDefinition,
  findCondition,
  listeningCondition,
  type Service,
  serviceDefinition,
  type ServiceSpec,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { NotRunning } from '@sheaf/qemu'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import { endpointsKind } from '../endpoints/index.ts'
import { endpointSliceKind } from '../endpointslice/index.ts'
import { type Connect, ListenRefused, type ServiceListening, serviceKind, startServiceController } from './index.ts'

export const namespace = 'default'
export const key = (name: string) => ({ namespace, name })

interface GuestOptions {
  labels?: Record<string, string>
  isReady?: boolean
  ports?: { name: string; port: number; protocol?: string }[]
}

export async function startServiceWorld() {
  const api = await startTestApi(
    (ports) =>
      [
        ...smallKinds,
        serviceKind(ports),
        endpointsKind,
        endpointSliceKind,
        { definition: virtualMachineInstanceDefinition },
      ] as Kind[],
  )
  const open = new Map<number, { connect?: Connect; countGuests?: () => number }>()
  /** Ports that somebody else has. */
  const foreign = new Set<number>()
  const unreachable = new Set<string>()
  const openPort = async (port: number, how: { connect?: Connect; countGuests?: () => number }) => {
    if (foreign.has(port) || open.has(port)) throw new ListenRefused('PortInUse', `port ${port} cannot be listened at`)
    open.set(port, how)
    return { close: async () => void open.delete(port) }
  }
  const serviceListening: ServiceListening = {
    address: '0.0.0.0',
    reachedAt: () => '192.0.2.7',
    listen: (port, connect) => openPort(port, { connect }),
    answerHealth: (port, countGuests) => openPort(port, { countGuests }),
  }
  const hypervisor = {
    async openPort(id: string, guestPort: number) {
      if (unreachable.has(id)) throw new NotRunning(id, 'nothing listens')
      return Object.assign(new PassThrough(), { cameTo: `${id}:${guestPort}` })
    },
  }
  const ports = { ...api, serviceListening, hypervisor, nodeName: 'here' }
  const instances = startInformer<VirtualMachineInstance>({ ...api, resource: virtualMachineInstanceDefinition })
  const start = () => startServiceController(ports, instances)
  let controller = start()

  const services = api.client.resource<Service>(serviceDefinition)
  const guests = api.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const slices = api.client.resource<EndpointSlice>(endpointSliceDefinition)
  const endpoints = api.client.resource<Endpoints>(endpointsDefinition)

  return {
    ...api,
    services,
    guests,
    slices,
    endpoints,
    open,
    foreign,
    unreachable,
    /** All that is to be done is done. */
    async settle(): Promise<void> {
      let before = -1
      await api.until(async () => {
        await controller.whenIdle()
        const now = api.writes.length + open.size
        const isQuiet = now === before
        before = now
        return isQuiet
      }, 0)
    },
    create: (name: string, spec: ServiceSpec, more: { labels?: Record<string, string> } = {}) =>
      services.create({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, ...more }, spec }),
    /** A guest that runs; answers the id of its machine. */
    async guest(
      name: string,
      { labels = { app: 'web' }, isReady = true, ports: declared = [] }: GuestOptions = {},
    ): Promise<string> {
      const made = await guests.create({
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { name, namespace, labels },
        spec: { domain: { devices: { interfaces: [{ name: 'default', masquerade: {}, ports: declared }] } } },
        status: {
          phase: 'Running',
          interfaces: [{ ipAddress: '10.0.2.15' }],
          conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
        },
      })
      return made.metadata.uid ?? ''
    },
    async setReady(name: string, isReady: boolean): Promise<void> {
      const status: Json = { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] }
      await guests.patch(key(name), { status })
    },
    /** Which machine, and which of its ports, a client comes to; why none, otherwise. */
    async connect(port: number, client = '127.0.0.1'): Promise<string> {
      const connect = open.get(port)?.connect
      if (connect === undefined) return 'closed'
      return connect(client).then(
        (stream) => (stream as unknown as { cameTo: string }).cameTo,
        (error: unknown) => (error as Error).message,
      )
    },
    nodePortOf: async (name: string, index = 0): Promise<number> =>
      (await services.get(key(name))).spec?.ports?.[index]?.nodePort ?? 0,
    listeningOf: async (name: string) => findCondition((await services.get(key(name))).status?.conditions, listeningCondition),
    /** As when the process ends and another one begins. */
    async restart(): Promise<void> {
      await controller.stop()
      controller = start()
    },
    async stop(): Promise<void> {
      instances.stop()
      await controller.stop()
      api.server.close()
    },
  }
}

export type ServiceWorld = Awaited<ReturnType<typeof startServiceWorld>>
