// Who belongs to a set of machines: those that it controls and whose labels it selects.

import {
  type ApiObject,
  controllerOf,
  isBeingDeleted,
  type LabelSelectorObject,
  labelSelectorOf,
  matchesLabels,
} from '@sheaf/api/meta'
import type { OwnerReference } from '@sheaf/api/meta'

export type MachineSet = ApiObject & { spec: { selector: LabelSelectorObject; replicas?: number; paused?: boolean } }

export interface Membership<T extends ApiObject> {
  members: readonly T[]
  /** It controls them, but their labels are no longer those that it selects. */
  strays: readonly T[]
  /** They have the labels, and nobody controls them. */
  orphans: readonly T[]
}

export function membershipOf<T extends ApiObject>(set: MachineSet, objects: readonly T[]): Membership<T> {
  const selector = labelSelectorOf(set.spec.selector)
  const isSelected = (object: T): boolean => matchesLabels(selector, object.metadata.labels)
  const owned = objects.filter((object) => controllerOf(object)?.uid === set.metadata.uid)
  return {
    members: owned.filter(isSelected),
    strays: owned.filter((object) => !isSelected(object)),
    orphans: objects.filter((object) => controllerOf(object) === undefined && !isBeingDeleted(object) && isSelected(object)),
  }
}

export function ownerReferenceTo({ apiVersion, kind, metadata: { name = '', uid = '' } }: ApiObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

/** The object as one that belongs to the set. */
export function adopted<T extends ApiObject>(object: T, set: ApiObject): T {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), ownerReferenceTo(set)]
  return { ...object, metadata: { ...object.metadata, ownerReferences } }
}

/** The object as one that does not belong to the set. */
export function released<T extends ApiObject>(object: T, set: ApiObject): T {
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== set.metadata.uid)
  return { ...object, metadata: { ...object.metadata, ownerReferences } }
}

/** Admission gives every set a number; an object from elsewhere may lack it. */
export const wantedReplicas = ({ spec }: MachineSet): number => spec.replicas ?? 1

/** Each is a few requests and soon a QEMU: so many at a time leave room for a change of mind in between. */
export const mostAtOnce = 10
