// The guests that run at a moment, by their processes: what an upgrade promises not to touch.

import { upgradeLabels, type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import type { RunningState } from '@sheaf/qemu'
import type { SeenGuest } from './journal.ts'
import type { UpgradePorts } from './ports.ts'

/** Those of an upgrade itself come and go with it, and do not count. */
export async function seeGuests({ hypervisor, client }: Pick<UpgradePorts, 'hypervisor' | 'client'>): Promise<SeenGuest[]> {
  const machines = await hypervisor.list()
  const { items } = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list()
  const own = new Set(
    items.filter(({ metadata }) => metadata.labels?.[upgradeLabels.upgrade] !== undefined).map(({ metadata }) => metadata.uid),
  )
  return machines
    .filter(({ id }) => !own.has(id))
    .flatMap(({ id, plan, state }) => (state.kind === 'running' ? [seenGuest(plan.name.replace('_', '/'), id, state)] : []))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function seenGuest(name: string, id: string, { pid, startedAt, earlierPids }: RunningState): SeenGuest {
  return { name, id, pid, startedAt, ...(earlierPids && { earlierPids }) }
}
