// For tests of actions: the real API server and the real controller of instances over a simulated host.

import type { Duplex } from 'node:stream'
import {
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type ApiResponse, bodyText } from '@sheaf/api/client'
import { findCondition, type Json } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { SimulatedWorld, type SimulatedWorldOptions } from '@sheaf/qemu'
import { smallKinds, startTestApi } from '../../api-server.fixture.ts'
import { controllerUser } from '../../controller-user.ts'
import { localImages } from '../../local-images.ts'
import { nodeKind } from '../../node/index.ts'
import type { MachinePorts } from '../../ports.ts'
import { releaseActions, upgradeKind } from '../../upgrade/index.ts'
import { simulatePlatform } from '../../upgrade/simulated-platform.fixture.ts'
import { userKind } from '../../user/index.ts'
import { createVersionDiscovery, versionActions, versionKind } from '../../version/index.ts'
import { virtualMachineKind } from '../../virtualmachine/index.ts'
import { emptyImageStore } from '../../virtualmachineimage/empty-image-store.fixture.ts'
import { virtualMachineImageKind } from '../../virtualmachineimage/index.ts'
import { startMigrationController, virtualMachineInstanceMigrationKind } from '../../virtualmachineinstancemigration/index.ts'
import { startVirtualMachineInstanceController, virtualMachineInstanceKind } from '../index.ts'

const namespace = 'default'
const group = '/apis/subresources.kubevirt.io/v1'
type Spec = VirtualMachineInstance['spec']

const installed = { version: '1.0.0', supervisorVersion: undefined, previous: undefined, outcome: undefined }
/** The release is not what these tests are about. */
const startedByHand = {
  installed: () => installed,
  switchTo: async () => ({ kind: 'not-tried', why: 'nobody is there to try it' }) as const,
}

export interface Answer {
  code: number
  message: string
  reason: string | undefined
  response: ApiResponse
}

export type ActionWorld = Awaited<ReturnType<typeof startActionWorld>>

export async function startActionWorld(options: Partial<SimulatedWorldOptions> = {}) {
  let host: SimulatedWorld | undefined
  let machinePorts: MachinePorts | undefined
  const api = await startTestApi((ports) => {
    host = new SimulatedWorld({ clock: ports.clock, ...options })
    const images = localImages('/images', async () => undefined)
    machinePorts = { ...ports, hypervisor: host.open(), images, nodeName: 'attic' }
    const { platform } = simulatePlatform(ports.clock)
    const others = smallKinds.filter((kind) => kind !== nodeKind)
    const discovery = createVersionDiscovery({ ...ports, platform, nodeName: 'attic', releaseSource: undefined })
    const machine = { ...nodeKind, actions: releaseActions({ ...machinePorts, platform: { ...platform, ...startedByHand } }) }
    return [
      ...others,
      machine,
      virtualMachineKind(machinePorts),
      virtualMachineInstanceKind(machinePorts),
      virtualMachineInstanceMigrationKind(machinePorts),
      virtualMachineImageKind({ ...machinePorts, imageStore: emptyImageStore }),
      userKind({ listening: () => ({ address: '127.0.0.1', port: 6443, beyondLoopback: false }) }),
      upgradeKind({ ...machinePorts, platform }),
      { ...versionKind, actions: versionActions({ ...ports, platform, discovery }) },
    ] as Kind[]
  })
  if (host === undefined || machinePorts === undefined) throw new Error('the Kinds were not asked for')
  const world = host
  const instances = api.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const informer = startInformer<VirtualMachineInstance>({ ...api, resource: virtualMachineInstanceDefinition })
  const claims = startInformer<PersistentVolumeClaim>({ ...api, resource: persistentVolumeClaimDefinition })
  const controllers = [
    startVirtualMachineInstanceController(machinePorts, { instances: informer, claims }),
    startMigrationController(machinePorts, informer),
  ]

  const get = (name: string): Promise<VirtualMachineInstance> => instances.get({ namespace, name })
  const condition = async (name: string, type: string) => findCondition((await get(name)).status?.conditions, type)

  async function request(method: string, path: string, body?: Json): Promise<Answer> {
    const bytes = body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }
    const headers = { 'content-type': 'application/json' }
    const response = await api.server.handle({ method, path: `${group}/${path}`, headers, ...bytes }, controllerUser)
    const text = Buffer.isBuffer(response.body) ? '' : await bodyText(response.body)
    const status = text.startsWith('{"kind":"Status"') ? (JSON.parse(text) as { message: string; reason: string }) : undefined
    return { code: response.status, message: status?.message ?? text, reason: status?.reason, response }
  }

  return {
    ...api,
    world,
    instances,
    get,
    condition,
    /** An instance that runs, or is what the spec makes of it; answers its uid. */
    async create(name: string, spec: Partial<Spec> = {}, until: 'Running' | 'Pending' = 'Running'): Promise<string> {
      const { domain, ...rest } = spec
      const devices = { interfaces: [{ name: 'default', masquerade: {} }] }
      const created = await instances.create({
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { name, namespace },
        spec: {
          domain: { memory: { guest: '64Mi' }, ...domain, devices: domain?.devices ?? devices },
          ...(domain?.devices === undefined ? { networks: [{ name: 'default', pod: {} }] } : {}),
          ...rest,
        },
      })
      if (until === 'Running') await api.until(async () => (await get(name)).status?.phase === 'Running')
      return created.metadata.uid ?? ''
    },
    createVirtualMachine: (name: string, spec: Partial<Spec> = {}) =>
      api.client.resource<VirtualMachine>(virtualMachineDefinition).create({
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachine',
        metadata: { name, namespace },
        spec: {
          runStrategy: 'Halted',
          template: { spec: { domain: { memory: { guest: '64Mi' }, devices: {} }, ...spec } },
        },
      }),
    request,
    put: (name: string, action: string, body?: Json) =>
      request('PUT', `namespaces/${namespace}/virtualmachineinstances/${name}/${action}`, body),
    ask: (name: string, action: string) => request('GET', `namespaces/${namespace}/virtualmachineinstances/${name}/${action}`),
    open: (name: string, action: string, plural = 'virtualmachineinstances'): Promise<Duplex> =>
      api.server.connect(
        { method: 'GET', path: `${group}/namespaces/${namespace}/${plural}/${name}/${action}`, headers: {} },
        controllerUser,
      ),
    async stop(): Promise<void> {
      informer.stop()
      claims.stop()
      for (const controller of controllers) await controller.stop()
      api.server.close()
    },
  }
}
