// What is seen from outside, slot by slot: objects as a user reads them, and the machine itself.

import {
  type Namespace,
  namespaceDefinition,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isBeingDeleted } from '@sheaf/api/meta'
import type { Machine } from '@sheaf/qemu'
import { keyOfSlot } from './deeds.ts'
import type { Host } from './host.ts'
import { type Slot, slots } from './operations.ts'

export interface Sight {
  vm: VirtualMachine | undefined
  vmi: VirtualMachineInstance | undefined
  machine: Machine | undefined
}

export interface View {
  bySlot: ReadonlyMap<Slot, Sight>
  machines: readonly Machine[]
  namespaces: readonly Namespace[]
}

export async function look(client: Client, host: Host): Promise<View> {
  const [vms, vmis, namespaces, machines] = await Promise.all([
    client.resource<VirtualMachine>(virtualMachineDefinition).list(),
    client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list(),
    client.resource<Namespace>(namespaceDefinition).list(),
    host.list(),
  ])
  const sightOf = (slot: Slot): Sight => {
    const { namespace, name } = keyOfSlot(slot)
    const isHere = ({ metadata }: VirtualMachine | VirtualMachineInstance): boolean =>
      metadata.namespace === namespace && metadata.name === name
    const vmi = vmis.items.find(isHere)
    return { vm: vms.items.find(isHere), vmi, machine: machines.find(({ id }) => id === vmi?.metadata.uid) }
  }
  return { bySlot: new Map(slots.map((slot) => [slot, sightOf(slot)])), machines, namespaces: namespaces.items }
}

/** Nothing is on its way any more; what waits for an image or for the end of a pause may do so for ever. */
export function isAtRest({ bySlot, namespaces }: View, { imageIsThere }: Host): boolean {
  return !namespaces.some(isBeingDeleted) && [...bySlot.values()].every((sight) => sightIsAtRest(sight, imageIsThere))
}

function sightIsAtRest({ vm, vmi }: Sight, imageIsThere: boolean): boolean {
  if (vm !== undefined && isBeingDeleted(vm)) return false
  if (vmi === undefined) return true
  if (isBeingDeleted(vmi)) return false
  const hasSettled = ['Running', 'Succeeded', 'Failed'].includes(vmi.status?.phase ?? '')
  return hasSettled || (!imageIsThere && (vmi.spec.volumes ?? []).length > 0)
}
