// Virtual machines for end-to-end tests, and what a test does with them: look, press, ask their guests.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  forwardedPortsOf,
  type RunStrategy,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import { guestKernelArguments } from '../../tools/guest/kernel-arguments.ts'
import { eventually } from './eventually.ts'
import type { ServerProcess } from './server-process.ts'

const namespace = 'default'
const image = 'sheaf.local/guest:latest'
/** A guest that boots beside others on two busy cores, emulated. */
const bootDeadlineMs = 60_000
const askTimeoutMs = 5_000
/** A question that was asked before the guest's network was up is never answered: ask again soon. */
const askBootingTimeoutMs = 1_500

type InstanceSpec = VirtualMachine['spec']['template']['spec']

function virtualMachine(name: string, runStrategy: RunStrategy, spec: InstanceSpec): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace },
    spec: { runStrategy, template: { metadata: { labels: { vm: name } }, spec } },
  }
}

/** Boots the small guest, which answers HTTP. */
export function guestMachine(name: string, runStrategy: RunStrategy): VirtualMachine {
  return virtualMachine(name, runStrategy, {
    terminationGracePeriodSeconds: 10,
    domain: {
      memory: { guest: '96Mi' },
      firmware: {
        kernelBoot: {
          container: { image, kernelPath: '/boot/vmlinuz', initrdPath: '/boot/initramfs' },
          kernelArgs: guestKernelArguments,
        },
      },
      devices: {
        panicDevices: [{ model: 'isa' }],
        interfaces: [{ name: 'default', masquerade: {}, ports: [{ name: 'http', port: 80 }] }],
      },
    },
    networks: [{ name: 'default', pod: {} }],
  })
}

/** Has nothing to boot from: its firmware waits, and costs next to nothing. It does not hear the power button. */
export function emptyMachine(name: string, runStrategy: RunStrategy, terminationGracePeriodSeconds = 0): VirtualMachine {
  return virtualMachine(name, runStrategy, {
    terminationGracePeriodSeconds,
    domain: {
      memory: { guest: '16Mi' },
      devices: { autoattachPodInterface: false, autoattachGraphicsDevice: false },
    },
  })
}

export const key = (name: string) => ({ namespace, name })
export const virtualMachines = (server: ServerProcess) => server.client.resource<VirtualMachine>(virtualMachineDefinition)
export const instances = (server: ServerProcess) =>
  server.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)

export async function act(
  server: ServerProcess,
  name: string,
  action: 'start' | 'stop' | 'restart',
  body: Json = {},
): Promise<void> {
  await server.client.request(
    'PUT',
    `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachines/${name}/${action}`,
    body,
  )
}

/** One answer of a guest's HTTP server, without the line's end. */
export async function askGuest(instance: VirtualMachineInstance, path: string, timeoutMs = askTimeoutMs): Promise<string> {
  const port = forwardedPortsOf(instance).find(({ name }) => name === 'http')
  if (port === undefined) throw new Error(`${instance.metadata.name} tells no forwarded port yet`)
  const url = `http://${port.hostAddress}:${port.hostPort}${path}`
  // A connection of its own each time: after a reboot the old one would wait for a guest that knows nothing of it.
  const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.text()).trim()
}

export interface RunningGuest {
  vm: VirtualMachine
  instance: VirtualMachineInstance
  bootId: string
}

/** The guest that runs under this name and answers, once it is another boot than `than`. */
export async function untilGuestAnswers(server: ServerProcess, name: string, than?: { bootId: string }): Promise<RunningGuest> {
  let last: VirtualMachineInstance | undefined
  const look = async (): Promise<RunningGuest | undefined> => {
    last = await instances(server).find(key(name))
    if (last?.status?.phase !== 'Running') return undefined
    const bootId = await askGuest(last, '/boot-id', askBootingTimeoutMs)
    if (bootId === than?.bootId) return undefined
    return { vm: await virtualMachines(server).get(key(name)), instance: last, bootId }
  }
  try {
    return await eventually(`the guest of ${name} answers`, look, bootDeadlineMs)
  } catch (cause) {
    throw new Error(`no guest answers as ${name}: ${JSON.stringify(last?.status)}\n${consoleOf(server, last)}`, { cause })
  }
}

/** The end of what the guest wrote to its serial console. */
function consoleOf(server: ServerProcess, instance: VirtualMachineInstance | undefined): string {
  const path = join(server.dataFolder, 'machines', instance?.metadata.uid ?? '', 'serial.log')
  return existsSync(path) ? readFileSync(path, 'latin1').slice(-2_000) : 'it has no console'
}

export const uidOf = (object: { metadata: { uid?: string } }): string => object.metadata.uid ?? ''
