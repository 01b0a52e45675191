// An object without some of its fields.

import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { fieldStep } from './field-path.ts'
import { childOf, type FieldSet } from './field-set.ts'
import { deduced, type FieldType, formOf, type ListType, type MapType, typeOfField } from './field-type.ts'
import { stepOfItem } from './list-step.ts'

/** Null where nothing is left of a list or map. Shares parts with what is given. Throws UntypedValue. */
export function removeFields(value: Json, fields: FieldSet, type: FieldType): Json {
  const form = formOf(type, value)
  switch (form.kind) {
    case 'scalar':
      return value
    case 'list':
      return Array.isArray(value) && form.type.relation !== 'atomic' ? removeItems(value, fields, form.type) : null
    case 'map':
      return isJsonObject(value) && !form.type.isAtomic ? removeMembers(value, fields, form.type) : null
  }
}

function removeItems(items: Json[], fields: FieldSet, list: ListType): Json {
  const kept = items.flatMap((item) => {
    const below = childOf(fields, stepOfItem(list, item))
    if (below.isMember) return []
    return [below.children.size === 0 ? item : removeFields(item, below, list.item)]
  })
  return kept.length === 0 ? null : kept
}

function removeMembers(object: JsonObject, fields: FieldSet, map: MapType): Json {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    const below = childOf(fields, fieldStep(name))
    if (below.isMember) continue
    kept[name] = below.children.size === 0 ? value : removeFields(value, below, typeOfField(map, name) ?? deduced)
  }
  return Object.keys(kept).length === 0 ? null : kept
}
