// Who belongs to whom, as far as the informers have seen. It says where to look; what is done is decided on what the
// server says.

import { type ApiObject, keyOf, type ObjectKey } from '@sheaf/api/meta'
import type { Change } from '@sheaf/machinery/controller'
import type { ServedResource } from '../served-resource.ts'

export interface GraphObject {
  resource: ServedResource
  /** Types and metadata only. */
  object: ApiObject
}

export interface DependencyGraph {
  note(resource: ServedResource, change: Change<ApiObject>): void
  /** Nothing more is heard of these. */
  forgetAll(resource: ServedResource): void
  byUid(uid: string | undefined): GraphObject | undefined
  dependentsOf(uid: string | undefined): GraphObject[]
}

export interface Located {
  resource: ServedResource
  key: ObjectKey
}

export const locate = ({ resource, object }: GraphObject): Located => ({ resource, key: keyOf(object) })

export function createDependencyGraph(): DependencyGraph {
  const objects = new Map<string, GraphObject>()
  /** Owner's uid → uids of those that name it. */
  const dependents = new Map<string, Set<string>>()

  function forget({ metadata }: ApiObject, uid: string): void {
    objects.delete(uid)
    for (const owner of metadata.ownerReferences ?? []) {
      const named = dependents.get(owner.uid)
      named?.delete(uid)
      if (named?.size === 0) dependents.delete(owner.uid)
    }
  }

  function remember(resource: ServedResource, object: ApiObject, uid: string): void {
    objects.set(uid, { resource, object })
    for (const owner of object.metadata.ownerReferences ?? []) {
      const named = dependents.get(owner.uid) ?? new Set()
      dependents.set(owner.uid, named.add(uid))
    }
  }

  return {
    note(resource, { before, after }) {
      if (before?.metadata.uid !== undefined) forget(before, before.metadata.uid)
      if (after?.metadata.uid !== undefined) remember(resource, after, after.metadata.uid)
    },
    forgetAll(resource) {
      for (const [uid, known] of objects) if (known.resource === resource) forget(known.object, uid)
    },
    byUid: (uid) => (uid === undefined ? undefined : objects.get(uid)),
    dependentsOf(uid) {
      const found: GraphObject[] = []
      for (const dependent of (uid === undefined ? undefined : dependents.get(uid)) ?? []) {
        const object = objects.get(dependent)
        if (object !== undefined) found.push(object)
      }
      return found
    },
  }
}
