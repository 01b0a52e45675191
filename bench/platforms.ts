// Where many machines are created at once: `sheaf serve` with QEMU, and the control plane alone over machines that are simulated.

import { virtualMachineDefinition, virtualMachineInstanceDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { localImages } from '@sheaf/kinds'
import { openMemoryStore } from '@sheaf/machinery/store'
import { SimulatedWorld } from '@sheaf/qemu'
import { chance, wallClock } from '../packages/server/src/world.ts'
import { machineFolders, machineProcesses } from '../test/kit/machine-processes.ts'
import { startServerProcess } from '../test/kit/server-process.ts'
import { prepareStore, startControlPlane } from '../test/simulation/control-plane.ts'

export interface Platform {
  readonly name: string
  readonly client: Client
  /** What lies about of machines that are or were, in words: processes, folders. */
  readonly traces: () => string[]
  dispose(): Promise<void>
}

export async function openQemuPlatform(): Promise<Platform> {
  const server = await startServerProcess()
  return {
    name: 'QEMU',
    client: server.client,
    traces: () => [
      ...machineProcesses(server.dataFolder).map(({ pid }) => `process ${pid}`),
      ...machineFolders(server.dataFolder),
    ],
    dispose: () => server.dispose(),
  }
}

/** In this process, with the clock on the wall: what our own part of a start takes. */
export async function openSimulatedPlatform(): Promise<Platform> {
  const machines = new SimulatedWorld({ clock: wallClock })
  const images = localImages('/', async () => undefined)
  const plane = startControlPlane({ clock: wallClock, store: openMemoryStore(), random: chance, machines, images })
  await prepareStore(plane)
  return {
    name: 'simulated',
    client: plane.client,
    traces: () => [...machines.machines.keys()].map((id) => `machine ${id}`),
    async dispose() {
      plane.kill()
      if (plane.complaints.length > 0) throw new Error(`the control plane complained: ${plane.complaints.join('\n')}`)
    },
  }
}

/** All that is left of machines, in the API too. */
export async function remains({ client, traces }: Platform): Promise<string[]> {
  const lists = await Promise.all(
    [virtualMachineDefinition, virtualMachineInstanceDefinition].map((kind) => client.resource(kind).list()),
  )
  return [...lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)), ...traces()]
}
