// What is to become of one object, given what is known of its owners and of those that it owns. Pure.

import { type ApiObject, isBeingDeleted, type OwnerReference } from '@sheaf/api/meta'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

export type OwnerState =
  /** It is there, or it cannot be told: the dependent stays. */
  | 'solid'
  /** It waits in foreground deletion for its dependents to go first. */
  | 'waiting'
  /** There is no such object. */
  | 'absent'

export interface Owner {
  reference: OwnerReference
  state: OwnerState
}

export type Step =
  | { kind: 'none' }
  /** Its dependents are to live on without it. */
  | { kind: 'orphan' }
  /** Its dependents go first. */
  | { kind: 'foreground' }
  /** It would wait for one that, in a circle, waits for it: its owners are not to wait for it in turn. */
  | { kind: 'unblockOwners' }
  /** It belongs to nobody any more. */
  | { kind: 'delete'; propagationPolicy: 'Background' | 'Foreground' | 'Orphan' }
  /** It still belongs to somebody, and some of its references lead nowhere. */
  | { kind: 'dropReferences'; uids: string[] }

export function decide(object: ApiObject, owners: readonly Owner[], dependents: readonly ApiObject[]): Step {
  const finalizers = object.metadata.finalizers ?? []
  if (isBeingDeleted(object)) {
    if (finalizers.includes(orphanFinalizer)) return { kind: 'orphan' }
    return finalizers.includes(foregroundFinalizer) ? { kind: 'foreground' } : { kind: 'none' }
  }
  if (owners.length === 0) return { kind: 'none' }
  const gone = owners.filter(({ state }) => state !== 'solid')
  if (gone.length === 0) return { kind: 'none' }
  if (gone.length < owners.length) return { kind: 'dropReferences', uids: gone.map(({ reference }) => reference.uid) }
  const isAwaited = gone.some(({ state }) => state === 'waiting')
  if (isAwaited && blocksAny(object) && dependents.some(isWaitingForDependents)) return { kind: 'unblockOwners' }
  return { kind: 'delete', propagationPolicy: policyFor(finalizers, isAwaited && dependents.length > 0) }
}

/** What the object asks for by its own finalizers comes first; an owner that waits wants all the generations gone. */
function policyFor(finalizers: readonly string[], allGenerations: boolean): 'Background' | 'Foreground' | 'Orphan' {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  return allGenerations || finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background'
}

function blocksAny({ metadata }: ApiObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ blockOwnerDeletion }) => blockOwnerDeletion === true)
}

/** Whether an object in foreground deletion has to wait for this dependent of its. */
export function blocks(dependent: ApiObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some((owner) => owner.uid === ownerUid && owner.blockOwnerDeletion === true)
}

export function dependsOn(dependent: ApiObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some((owner) => owner.uid === ownerUid)
}

export function isWaitingForDependents(object: ApiObject): boolean {
  return isBeingDeleted(object) && (object.metadata.finalizers ?? []).includes(foregroundFinalizer)
}
