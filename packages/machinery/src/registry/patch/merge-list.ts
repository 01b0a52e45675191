// One list of a strategic merge patch: elements with the same key merge, primitives unite. Pure.

import { goPlain, invalidError, isJsonObject, StatusError, type Json, type JsonObject } from '@sheaf/api/meta'

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
  checkOrder(order, mergeKey)
  const merged = mergeKey === undefined ? unite(original, patch, removed ?? []) : mergeByKey(merge, mergeKey)
  // Without an order that is said, the patch's own is the order of what it has.
  return sortBy(order ?? patch.filter(isElement), merged, original, mergeKey)
}

function checkOrder(order: readonly Json[] | undefined, mergeKey: string | undefined): void {
  const wrong = mergeKey === undefined ? -1 : (order?.findIndex((item) => !isJsonObject(item)) ?? -1)
  if (wrong >= 0) throw new StatusError(500, '', `value for key ${wrong} is not a map`)
}

/** What a patch says of the list, and is no element of it. */
function isElement(item: Json): boolean {
  return !isJsonObject(item) || (item.$patch !== 'delete' && item.$patch !== 'replace')
}

function listOfLists(): Error {
  const message = 'merging lists of lists is not supported: replace the whole field'
  return invalidError({ group: '', plural: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', message }])
}

function unite(original: readonly Json[], patch: readonly Json[], removed: readonly Json[]): Json[] {
  const unwanted = new Set(removed.map(textOf))
  const kept = original.filter((item) => !unwanted.has(textOf(item)))
  const known = new Set(kept.map(textOf))
  return [...kept, ...patch.filter((item) => !known.has(textOf(item)) && known.add(textOf(item)))]
}

function mergeByKey({ original, patch, mergeItem }: ListMerge, mergeKey: string): Json[] {
  const changes = patch.map((change) => {
    if (isJsonObject(change)) return change
    throw new StatusError(500, '', `list element types are not identical: ${goPlain([[...original], [...patch]])}`)
  })
  const replaces = changes.some((change) => change.$patch === 'replace')
  /** What is deleted leaves a gap, so that the places of the others hold. */
  const merged: (Json | undefined)[] = replaces ? [] : [...original]
  const places = placesOf(replaces ? [] : original, mergeKey)
  for (const { $patch: directive, ...change } of changes) {
    if (directive === 'replace') continue
    const key = textOf(keyOf(change, mergeKey))
    const at = places.get(key)
    const existing = at === undefined ? undefined : merged[at]
    if (at === undefined || !isJsonObject(existing)) {
      if (directive !== 'delete') places.set(key, merged.push(mergeItem({}, change)) - 1)
    } else if (directive === 'delete') {
      merged[at] = undefined
      places.delete(key)
    } else {
      merged[at] = mergeItem(existing, change)
    }
  }
  return merged.filter((item) => item !== undefined)
}

function keyOf(change: JsonObject, mergeKey: string): Json {
  const key = change[mergeKey]
  if (key !== undefined && key !== null) return key
  // Kubernetes' own answer, an error of the server by its code.
  throw new StatusError(500, '', `map: ${goPlain(change)} does not contain declared merge key: ${mergeKey}`)
}

/** Named elements come in the wanted order; the others keep their places relative to the elements stored with them. */
function sortBy(order: readonly Json[], merged: Json[], original: readonly Json[], mergeKey: string | undefined): Json[] {
  const wanted = placesOf(order, mergeKey)
  const stored = placesOf(original, mergeKey)
  const placeIn = (places: ReadonlyMap<string, number>, item: Json): number => places.get(identity(item, mergeKey)) ?? -1
  const named = merged
    .filter((item) => placeIn(wanted, item) >= 0)
    .sort((a, b) => placeIn(wanted, a) - placeIn(wanted, b))
    .values()
  const sorted: Json[] = []
  let next = named.next()
  for (const other of merged.filter((item) => placeIn(wanted, item) < 0)) {
    const otherPlace = placeIn(stored, other)
    for (; next.done !== true && !isBefore(otherPlace, placeIn(stored, next.value)); next = named.next()) sorted.push(next.value)
    sorted.push(other)
  }
  for (; next.done !== true; next = named.next()) sorted.push(next.value)
  return sorted
}

function isBefore(place: number, otherPlace: number): boolean {
  return place >= 0 && otherPlace >= 0 && place < otherPlace
}

/** Where each element stands, by its identity: the first of those that share one. */
function placesOf(list: readonly Json[], mergeKey: string | undefined): Map<string, number> {
  return new Map(list.map((item, index): [string, number] => [identity(item, mergeKey), index]).reverse())
}

function identity(item: Json, mergeKey: string | undefined): string {
  return textOf(mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item)
}

/** What is compared: by text a list costs its length, and not its square. Keys and elements are primitives. */
function textOf(item: Json | undefined): string {
  return JSON.stringify(item) ?? ''
}
