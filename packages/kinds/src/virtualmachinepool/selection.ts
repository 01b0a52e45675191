// Which members come first when a pool shrinks or restarts some of them.

import {
  nodeSelectorOf,
  type VirtualMachine,
  type VirtualMachinePoolSelectionPolicy,
  type VirtualMachinePoolSelectors,
} from '@sheaf/api'
import { labelSelectorOf, matchesLabels, type Random } from '@sheaf/api/meta'
import { ordinalOf } from './ordinals.ts'

/** Those that the policy's selectors let through, in the order of its preference; by chance when it states none. */
export function selectMembers(
  members: readonly VirtualMachine[],
  policy: VirtualMachinePoolSelectionPolicy | undefined,
  random: Random,
): VirtualMachine[] {
  return inOrder(
    members.filter((machine) => isSelected(machine, policy?.selectors)),
    policy?.sortPolicy,
    random,
  )
}

export function isSelected({ spec: { template } }: VirtualMachine, selectors: VirtualMachinePoolSelectors | undefined): boolean {
  if (selectors === undefined) return true
  const { labelSelector } = selectors
  return (
    (labelSelector === undefined || matchesLabels(labelSelectorOf(labelSelector), template.metadata?.labels)) &&
    matchesLabels(nodeSelectorOf(selectors), template.spec.nodeSelector)
  )
}

function inOrder(members: readonly VirtualMachine[], sortPolicy: string | undefined, random: Random): VirtualMachine[] {
  const ascending = members.toSorted((a, b) => (ordinalOf(a) ?? 0) - (ordinalOf(b) ?? 0))
  if (sortPolicy === 'AscendingOrder') return ascending
  if (sortPolicy === 'DescendingOrder') return ascending.toReversed()
  if (sortPolicy === 'Oldest') return ascending.toSorted(byBirth)
  if (sortPolicy === 'Newest') return ascending.toSorted(byBirth).toReversed()
  return shuffled(ascending, random)
}

function byBirth(a: VirtualMachine, b: VirtualMachine): number {
  const [left, right] = [a, b].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ''))
  return (left ?? 0) - (right ?? 0)
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list]
  return list.flatMap(() => rest.splice(random.below(rest.length), 1))
}
