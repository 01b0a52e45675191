// The copy inside an informer: what it holds, and who is told when that changes.

import { type ApiObject, keyOf, keyText, type ObjectKey } from '@sheaf/api/meta'
import { errorChain } from './error-chain.ts'
import type { Log } from './log.ts'

/** At least one of `before` and `after` is there. Both are the same object by uid. */
export interface Change<T extends ApiObject> {
  key: ObjectKey
  before: T | undefined
  after: T | undefined
}

export type ChangeHandler<T extends ApiObject> = (change: Change<T>) => void

export interface InformerCache<T extends ApiObject> {
  get: (key: ObjectKey) => T | undefined
  list: (namespace?: string) => T[]
  onChange: (handler: ChangeHandler<T>) => () => void
  put(object: T): void
  remove(key: ObjectKey): void
  /** Makes the copy equal to a list; what is missing there is gone. */
  replace(objects: readonly T[]): void
  close(): void
}

export function createInformerCache<T extends ApiObject>(log: Log): InformerCache<T> {
  const objects = new Map<string, T>()
  const handlers = new Set<ChangeHandler<T>>()

  function tell(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change)
    } catch (error) {
      // One listener's bug must not cut the others off.
      log.error({ key: keyText(change.key), error: errorChain(error) }, 'a listener of an informer failed')
    }
  }

  function tellAll(change: Change<T>): void {
    for (const handler of handlers) tell(handler, change)
  }

  function put(after: T): void {
    const key = keyOf(after)
    const before = objects.get(keyText(key))
    if (before?.metadata.uid === after.metadata.uid) {
      if (before?.metadata.resourceVersion === after.metadata.resourceVersion) return
    } else if (before !== undefined) {
      // Another object under the same name: its predecessor's end went by unseen.
      remove(key)
      return put(after)
    }
    objects.set(keyText(key), after)
    tellAll({ key, before, after })
  }

  function remove(key: ObjectKey): void {
    const before = objects.get(keyText(key))
    if (before === undefined) return
    objects.delete(keyText(key))
    tellAll({ key, before, after: undefined })
  }

  return {
    get: (key) => objects.get(keyText(key)),
    list: (namespace) =>
      namespace === undefined
        ? [...objects.values()]
        : objects
            .values()
            .filter((object) => object.metadata.namespace === namespace)
            .toArray(),
    onChange(handler) {
      handlers.add(handler)
      for (const after of objects.values()) tell(handler, { key: keyOf(after), before: undefined, after })
      return () => void handlers.delete(handler)
    },
    put,
    remove,
    replace(list) {
      const present = new Set(list.map((object) => keyText(keyOf(object))))
      for (const object of objects.values()) if (!present.has(keyText(keyOf(object)))) remove(keyOf(object))
      for (const object of list) put(object)
    },
    close: () => handlers.clear(),
  }
}
