// An object with a configuration laid over it: what the configuration says, and what it does not speak of.

import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import type { Step } from './field-path.ts'
import { deduced, type FieldType, formOf, type ListType, type MapType, typeOfField } from './field-type.ts'
import { stepOfItem } from './list-step.ts'

/** Undefined where nothing is left. Shares parts with both. Throws UntypedValue. */
export function mergeApplied(live: Json | undefined, applied: Json | undefined, type: FieldType): Json | undefined {
  const form = formOf(type, applied === undefined ? live : applied)
  if (form.kind === 'list') return mergeLists(live, applied, form.type)
  return form.kind === 'map' ? mergeMaps(live, applied, form.type) : whole(live, applied)
}

function whole(live: Json | undefined, applied: Json | undefined): Json | undefined {
  return applied === undefined ? live : applied
}

function mergeMaps(live: Json | undefined, applied: Json | undefined, map: MapType): Json | undefined {
  const [below, above] = [isJsonObject(live) ? live : {}, isJsonObject(applied) ? applied : {}]
  const names = new Set([...Object.keys(below), ...Object.keys(above)])
  if (map.isAtomic || names.size === 0) return whole(live, applied)
  const merged: JsonObject = {}
  for (const name of names) {
    const value = mergeApplied(ownOf(below, name), ownOf(above, name), typeOfField(map, name) ?? deduced)
    if (value !== undefined) merged[name] = value
  }
  return Object.keys(merged).length === 0 ? undefined : merged
}

const ownOf = (map: JsonObject, name: string): Json | undefined => (Object.hasOwn(map, name) ? map[name] : undefined)

function mergeLists(live: Json | undefined, applied: Json | undefined, list: ListType): Json | undefined {
  const [below, above] = [Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : []]
  if (list.relation === 'atomic' || (below.length === 0 && above.length === 0)) return whole(live, applied)
  const merged = zip(namedItems(below, list), namedItems(above, list)).map(([old, next]) => mergeApplied(old, next, list.item))
  const items = merged.filter((item) => item !== undefined)
  return items.length === 0 ? undefined : items
}

interface NamedItem {
  step: Step
  item: Json
}

function namedItems(items: Json[], list: ListType): NamedItem[] {
  return items.map((item) => ({ step: stepOfItem(list, item), item }))
}

/**
 * Pairs of elements in the merged order: that of the applied list, with each live element that it does not name before
 * the first shared one that it stood before.
 */
function zip(live: NamedItem[], applied: NamedItem[]): [Json | undefined, Json | undefined][] {
  const liveItems = uniqueItems(live)
  const appliedItems = new Map(applied.map(({ step, item }) => [step, item]))
  const shared = applied.map(({ step }) => step).filter((step) => liveItems.has(step))
  const done = new Set<Step>()
  const pairs: [Json | undefined, Json | undefined][] = []
  const takeApplied = ({ step, item }: NamedItem): void => {
    done.add(step)
    pairs.push([liveItems.get(step), item])
    if (shared[0] === step) shared.shift()
  }
  let [at, next] = [0, 0]
  while (at < live.length || next < applied.length) {
    const [old, wanted] = [live[at], applied[next]]
    if (old !== undefined && wanted !== undefined) {
      if (old.step === wanted.step) {
        takeApplied(wanted)
        at++
        next++
        continue
      }
      // A shared element whose turn is not yet: it comes where the applied list has it.
      if (appliedItems.has(old.step) && shared.length > 0 && shared[0] !== old.step) {
        at++
        continue
      }
    }
    if (old !== undefined) {
      if (!appliedItems.has(old.step)) {
        pairs.push([old.item, undefined])
        at++
        continue
      }
      if (done.has(old.step)) at++
    }
    if (wanted !== undefined) {
      takeApplied(wanted)
      next++
    }
  }
  return pairs
}

/** Elements that share a name are replaced, not merged. */
function uniqueItems(items: NamedItem[]): Map<Step, Json | undefined> {
  const unique = new Map<Step, Json | undefined>()
  for (const { step, item } of items) unique.set(step, unique.has(step) ? undefined : item)
  return unique
}
