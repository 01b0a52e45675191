// One list of a strategic merge patch: elements with the same key merge, primitives unite. Pure.

import { badRequest, invalidError, isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { sameJson } from '../same-json.ts'

export interface ListMerge {
  original: readonly Json[]
  patch: readonly Json[]
  /** The wanted order; elements that it does not name keep their places among each other. */
  order: readonly Json[] | undefined
  /** Primitives to take away. */
  removed: readonly Json[] | undefined
  /** What identifies an element; undefined for lists of primitives. */
  mergeKey: string | undefined
  mergeItem: (item: JsonObject, change: JsonObject) => JsonObject
}

export function mergeList(merge: ListMerge): Json[] {
  const { original, patch, order, removed, mergeKey } = merge
  if (patch.some(Array.isArray)) throw listOfLists()
  const merged = mergeKey === undefined ? unite(original, patch, removed ?? []) : mergeByKey(merge, mergeKey)
  return order === undefined ? merged : sortBy(order, merged, original, mergeKey)
}

function listOfLists(): Error {
  const message = 'merging lists of lists is not supported: replace the whole field'
  return invalidError({ group: '', plural: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', message }])
}

function unite(original: readonly Json[], patch: readonly Json[], removed: readonly Json[]): Json[] {
  const kept = original.filter((item) => !has(removed, item))
  return patch.reduce<Json[]>((all, item) => (has(all, item) ? all : [...all, item]), kept)
}

function has(list: readonly Json[], item: Json): boolean {
  return list.some((each) => sameJson(each, item))
}

function mergeByKey({ original, patch, mergeItem }: ListMerge, mergeKey: string): Json[] {
  const changes = patch.map((change) => {
    if (isJsonObject(change)) return change
    throw badRequest(`an element of a list that merges by ${mergeKey} must be an object, not ${JSON.stringify(change)}`)
  })
  const replaces = changes.some((change) => change.$patch === 'replace')
  const merged: Json[] = replaces ? [] : [...original]
  for (const { $patch: directive, ...change } of changes) {
    if (directive === 'replace' && Object.keys(change).length === 0) continue
    const key = keyOf(change, mergeKey)
    const at = merged.findIndex((item) => isJsonObject(item) && sameJson(item[mergeKey], key))
    const existing = merged[at]
    if (directive === 'delete') {
      if (at >= 0) merged.splice(at, 1)
    } else if (isJsonObject(existing)) {
      merged[at] = mergeItem(existing, change)
    } else {
      merged.push(mergeItem({}, change))
    }
  }
  return merged
}

function keyOf(change: JsonObject, mergeKey: string): Json {
  const key = change[mergeKey]
  if (key !== undefined && key !== null) return key
  throw badRequest(`map: ${JSON.stringify(change)} does not contain declared merge key: ${mergeKey}`)
}

/** Named elements come in the wanted order; the others keep their places relative to the elements stored with them. */
function sortBy(order: readonly Json[], merged: Json[], original: readonly Json[], mergeKey: string | undefined): Json[] {
  const place = (list: readonly Json[], item: Json): number =>
    list.findIndex((each) => sameJson(identity(each, mergeKey), identity(item, mergeKey)))
  const named = merged.filter((item) => place(order, item) >= 0).sort((a, b) => place(order, a) - place(order, b))
  const others = merged.filter((item) => place(order, item) < 0)
  const sorted: Json[] = []
  for (const other of others) {
    const otherPlace = place(original, other)
    while (named[0] !== undefined && isBefore(place(original, named[0]), otherPlace)) sorted.push(...named.splice(0, 1))
    sorted.push(other)
  }
  return [...sorted, ...named]
}

function isBefore(place: number, otherPlace: number): boolean {
  return place >= 0 && otherPlace >= 0 && place < otherPlace
}

function identity(item: Json, mergeKey: string | undefined): Json | undefined {
  return mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item
}
