// Which fields whoever makes an object comes to own. Objects of a Kind look much alike, so that the set is made once for each
// look: the names of all fields, without their values.

import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { memory } from '../remembered.ts'
import { compareFields } from './compare-fields.ts'
import { type FieldSet, union } from './field-set.ts'
import { deduced, type FieldType, formOf, type MapType, typeOfField } from './field-type.ts'
import { stepOfItem } from './list-step.ts'

/** Of one Kind. A manifest has one look or two; a set takes some kilobytes. */
const mostLooks = 64
/** Larger objects differ from each other, and their looks are not worth their memory. */
const longestLook = 4_096

const memories = new WeakMap<JsonObject, ReturnType<typeof memory<FieldSet>>>()

/** The fields that are in `next` and not the same in `empty`, which is one object for all of the type. Throws UntypedValue. */
export function firstFields(empty: JsonObject, next: JsonObject, type: FieldType): FieldSet {
  const look = lookBeside(empty, next, type)
  if (look === undefined) return compared(empty, next, type)
  let recall = memories.get(empty)
  if (recall === undefined) {
    recall = memory(mostLooks, longestLook)
    memories.set(empty, recall)
  }
  return recall(look, () => compared(empty, next, type))
}

function compared(empty: JsonObject, next: JsonObject, type: FieldType): FieldSet {
  const { modified, added } = compareFields(empty, next, type)
  return union(modified, added)
}

/** Of a value where there was one before. Undefined where more than names and sameness decides. */
function lookBeside(before: Json, next: Json, type: FieldType): string | undefined {
  if (isJsonObject(before) && isJsonObject(next)) {
    const form = formOf(type, next)
    return form.kind === 'map' && !form.type.isAtomic ? lookOfFields(before, next, form.type) : undefined
  }
  const isWhole = typeof before !== 'object' && typeof next !== 'object'
  return isWhole ? (before === next ? '=' : '#') : undefined
}

function lookOfFields(before: JsonObject, next: JsonObject, map: MapType): string | undefined {
  let look = '{'
  for (const name of Object.keys(next)) {
    const value = next[name]
    if (value === undefined) continue
    const type = typeOfField(map, name) ?? deduced
    const old = Object.hasOwn(before, name) ? before[name] : undefined
    const below = old === undefined ? lookOf(value, type) : lookBeside(old, value, type)
    if (below === undefined) return undefined
    // Names hold any character: their length says where they end.
    look += `${name.length}:${name}${below}`
  }
  return `${look}}`
}

function lookOf(value: Json, type: FieldType): string | undefined {
  const form = formOf(type, value)
  if (form.kind === 'map' && !form.type.isAtomic && isJsonObject(value)) return lookOfFields(nothing, value, form.type)
  if (form.kind !== 'list' || form.type.relation === 'atomic' || !Array.isArray(value)) return '.'
  let look = '['
  for (const item of value) {
    const step = stepOfItem(form.type, item)
    const below = lookOf(item, form.type.item)
    if (below === undefined) return undefined
    look += `${step.length}:${step}${below}`
  }
  return `${look}]`
}

const nothing: JsonObject = {}
