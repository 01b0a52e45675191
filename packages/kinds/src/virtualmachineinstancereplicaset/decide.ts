// What is to happen next to a set of instances: one step at a time, each pass looks anew. The rules are docs/spec/sets.md.

import { hasRun, isFinal, type VirtualMachineInstance, type VirtualMachineInstanceReplicaSet } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import { isReady } from '../is-ready.ts'
import { membershipOf, mostAtOnce, wantedReplicas } from '../set-membership.ts'

export type Step =
  | { kind: 'none' }
  /** Nothing now; what ended too soon is replaced later. */
  | { kind: 'waitUntil'; timeMs: number }
  | { kind: 'release'; instances: readonly VirtualMachineInstance[] }
  | { kind: 'adopt'; instances: readonly VirtualMachineInstance[] }
  | { kind: 'create'; count: number }
  /** More than were asked for. */
  | { kind: 'deleteSurplus'; instances: readonly VirtualMachineInstance[] }
  /** They have ended. */
  | { kind: 'deleteEnded'; instances: readonly VirtualMachineInstance[] }

/** An instance that ended before its guest ran would end so again: KubeVirt's shortest pause after a failed start. */
const replaceFailedAfterMs = 10_000

/** `instances` are all of the namespace. */
export function decideNextStep(
  set: VirtualMachineInstanceReplicaSet,
  instances: readonly VirtualMachineInstance[],
  nowMs: number,
): Step {
  // What becomes of its instances is the garbage collector's business.
  if (isBeingDeleted(set)) return { kind: 'none' }
  const { members, strays, orphans } = membershipOf(set, instances)
  // One that has ended would be adopted only to be deleted.
  const adoptable = orphans.filter((instance) => !isFinal(instance))
  if (strays.length > 0) return { kind: 'release', instances: strays.slice(0, mostAtOnce) }
  if (adoptable.length > 0) return { kind: 'adopt', instances: adoptable.slice(0, mostAtOnce) }
  if (set.spec.paused === true) return { kind: 'none' }
  return decideNumber(set, members, nowMs)
}

function decideNumber(set: VirtualMachineInstanceReplicaSet, members: readonly VirtualMachineInstance[], nowMs: number): Step {
  const active = activeOf(members)
  const ended = members.filter((instance) => isFinal(instance) && !isBeingDeleted(instance))
  const resting = ended.filter((instance) => replaceableAtMs(instance) > nowMs)
  const surplus = active.length - wantedReplicas(set)
  const missing = -surplus - resting.length
  if (missing > 0) return { kind: 'create', count: Math.min(missing, mostAtOnce) }
  if (surplus > 0) {
    const going = active.toSorted(leastMissed).slice(0, Math.min(surplus, mostAtOnce))
    return { kind: 'deleteSurplus', instances: going }
  }
  const over = ended.filter((instance) => !resting.includes(instance))
  if (over.length > 0) return { kind: 'deleteEnded', instances: over.slice(0, mostAtOnce) }
  if (resting.length === 0) return { kind: 'none' }
  return { kind: 'waitUntil', timeMs: Math.min(...resting.map(replaceableAtMs)) }
}

/** Those that count. */
export function activeOf(members: readonly VirtualMachineInstance[]): VirtualMachineInstance[] {
  return members.filter((instance) => !isFinal(instance) && !isBeingDeleted(instance))
}

/** Its end is in the object, so that the pause outlives this process. */
function replaceableAtMs(instance: VirtualMachineInstance): number {
  if (hasRun(instance)) return 0
  const ended = instance.status?.phaseTransitionTimestamps?.find(({ phase }) => phase === instance.status?.phase)
  return ended?.phaseTransitionTimestamp ? Date.parse(ended.phaseTransitionTimestamp) + replaceFailedAfterMs : 0
}

/** As in a ReplicaSet: who is not ready goes first, then the newest. */
function leastMissed(a: VirtualMachineInstance, b: VirtualMachineInstance): number {
  const byReadiness = Number(isReady(a)) - Number(isReady(b))
  return byReadiness || compare(bornAndNamed(b), bornAndNamed(a))
}

const bornAndNamed = ({ metadata }: VirtualMachineInstance): string =>
  `${metadata.creationTimestamp ?? ''} ${metadata.name ?? ''}`
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
