// Guests that run here and belong to no instance: what was known of them went with a store that was restored or lost, and
// the guests, which outlive us, did not. They are told of, and never ended by us: what runs in them may be all there is.

import { dirname } from 'node:path'
import { type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import type { Machine } from '@sheaf/qemu'
import type { NodePorts } from './ports.ts'

/** A sentence for each. */
export async function findStrayGuests({ client, hypervisor }: Pick<NodePorts, 'client' | 'hypervisor'>): Promise<string[]> {
  // Machines first: every machine that is seen had its instance before it.
  const running = (await hypervisor.list()).filter(isRunning)
  if (running.length === 0) return []
  const { items } = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list()
  const known = new Set(items.map(({ metadata }) => metadata.uid))
  const suspects = running.filter(({ id }) => !known.has(id))
  // One that has ended between the two looks took its instance along.
  const again = await Promise.all(suspects.map(({ id }) => hypervisor.find(id)))
  return again
    .filter((machine) => machine !== undefined)
    .filter(isRunning)
    .map(describe)
}

const isRunning = ({ state }: Machine): boolean => state.kind === 'running'

function describe({ plan, state, serialLogPath }: Machine): string {
  const process = state.kind === 'running' ? state.pid : 'none'
  return `${plan.name.replace('_', '/')} (process ${process}, its disks in ${dirname(serialLogPath)})`
}
