// Where keys come from: objects that change, objects that belong to others, and the world outside.

import { type ApiObject, controllerOf, type ObjectKey } from '@sheaf/api/meta'
import type { Informer } from './informer.ts'
import type { Change } from './informer-cache.ts'

export type Enqueue = (key: ObjectKey) => void

export interface Source {
  /** Calls `enqueue` for what there is and what changes, until the function that it returns is called. */
  start(enqueue: Enqueue): () => void
  /** Work begins when every source knows its world. */
  whenSynced(): Promise<void>
}

/** The reconciled objects themselves. */
export function ownObjects<T extends ApiObject>(informer: Informer<T>): Source {
  return mappedObjects(informer, ({ key }) => [key])
}

/** Objects whose controller is of a given Kind: the key of that controller. */
export function ownedObjects<T extends ApiObject>(informer: Informer<T>, owner: { group: string; kind: string }): Source {
  const ownerKey = (object: T | undefined): ObjectKey[] => {
    const reference = object && controllerOf(object)
    const isOfKind = reference?.kind === owner.kind && groupOf(reference.apiVersion) === owner.group
    return isOfKind ? [{ namespace: object?.metadata.namespace ?? '', name: reference.name }] : []
  }
  // Before and after: an object that changed hands concerns both.
  return mappedObjects(informer, ({ before, after }) => [...ownerKey(before), ...ownerKey(after)])
}

/** Objects that concern others in a way that only the caller knows. */
export function mappedObjects<T extends ApiObject>(
  informer: Informer<T>,
  keysOf: (change: Change<T>) => readonly ObjectKey[],
): Source {
  return {
    start: (enqueue) =>
      informer.onChange((change) => {
        for (const key of keysOf(change)) enqueue(key)
      }),
    whenSynced: () => informer.whenSynced(),
  }
}

/** Something that is not in the API, such as processes: `subscribe` returns the function that ends it. */
export function outsideChanges(subscribe: (enqueue: Enqueue) => () => void): Source {
  return { start: subscribe, whenSynced: () => Promise.resolve() }
}

/** `apps` of `apps/v1`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash === -1 ? '' : apiVersion.slice(0, slash)
}
