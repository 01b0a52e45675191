// By what the elements of a list are told apart, and which of another list is the same one.

import { isJsonObject, type Json, type JsonSchema, sameJson } from '@sheaf/api/meta'

/** What two elements of a list may not have in common; undefined for a list whose elements have no identity. */
export function identityOf(schema: JsonSchema): ((item: Json) => Json) | undefined {
  if (schema['x-kubernetes-list-type'] === 'set') return (item) => item
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined) return undefined
  return (item) => Object.fromEntries(keys.map((key) => [key, isJsonObject(item) ? item[key] : undefined]))
}

/** Finds to an element what it was in `old`: by its keys, or by its place in a list that has not changed at all. */
export function correlation(
  schema: JsonSchema,
  list: readonly Json[],
  old: Json | undefined,
): (item: Json, index: number) => Json | undefined {
  if (!Array.isArray(old)) return () => undefined
  const identity = schema['x-kubernetes-list-type'] === 'map' ? identityOf(schema) : undefined
  if (identity === undefined) return sameJson(list, old) ? (_item, index) => old[index] : () => undefined
  const before = new Map(old.map((item) => [JSON.stringify(identity(item)), item]))
  return (item) => before.get(JSON.stringify(identity(item)))
}
