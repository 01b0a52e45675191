// Which fields an object has: all of them are somebody's who applies it.

import { isJsonObject, type Json } from '@sheaf/api/meta'
import { fieldStep, type Step } from './field-path.ts'
import { emptySet, type FieldSet, fieldSet, isEmptySet, memberSet, union } from './field-set.ts'
import { type FieldType, formOf, type ListType, type MapType, typeOfField, deduced } from './field-type.ts'
import { stepOfItem } from './list-step.ts'

export function fieldsOf(value: Json, type: FieldType): FieldSet {
  const form = formOf(type, value)
  switch (form.kind) {
    case 'scalar':
      return memberSet
    case 'list':
      if (form.type.relation === 'atomic') return memberSet
      return Array.isArray(value) ? fieldsOfItems(value, form.type) : emptySet
    case 'map':
      if (form.type.isAtomic) return memberSet
      return isJsonObject(value) ? fieldsOfMap(Object.entries(value), form.type) : emptySet
  }
}

function fieldsOfMap(entries: [string, Json | undefined][], map: MapType): FieldSet {
  const children = new Map<Step, FieldSet>()
  for (const [name, value] of entries) {
    if (value === undefined) continue
    const below = fieldsOf(value, typeOfField(map, name) ?? deduced)
    const isEmpty = value === null || (isJsonObject(value) && Object.keys(value).length === 0)
    const set = isEmpty || !map.fields.has(name) ? union(below, memberSet) : below
    if (!isEmptySet(set)) children.set(fieldStep(name), set)
  }
  return fieldSet(false, children)
}

/** Elements of the same name are one field, in one piece. */
function fieldsOfItems(items: Json[], list: ListType): FieldSet {
  const children = new Map<Step, FieldSet>()
  for (const item of items) {
    const step = stepOfItem(list, item)
    children.set(step, children.has(step) ? memberSet : union(fieldsOf(item, list.item), memberSet))
  }
  return fieldSet(false, children)
}

/** The set, and with it every named field of a struct that something of it lies below. */
export function withNamedFields(set: FieldSet, type: FieldType | undefined): FieldSet {
  const children = new Map<Step, FieldSet>()
  for (const [step, child] of set.children) {
    const isField = step.startsWith('f:')
    const name = step.slice(2)
    const below = isField ? type?.map && typeOfField(type.map, name) : step.startsWith('k:') ? type?.list?.item : undefined
    const inner = withNamedFields(child, below)
    const isNamed = isField && child.children.size > 0 && type?.map?.fields.has(name) === true
    children.set(step, isNamed ? union(inner, memberSet) : inner)
  }
  return fieldSet(set.isMember, children)
}
