// What is different between two objects, field by field.

import { isJsonObject, type Json, type JsonObject, sameJson } from '@sheaf/api/meta'
import { fieldStep, type Step } from './field-path.ts'
import { emptySet, type FieldSet, fieldSet, isEmptySet, memberSet, union } from './field-set.ts'
import { deduced, type FieldType, type Form, formOf, type ListType, type MapType, typeOfField } from './field-type.ts'
import { stepOfItem } from './list-step.ts'

export interface Comparison {
  added: FieldSet
  removed: FieldSet
  /** In both, with another value. */
  modified: FieldSet
}

const same: Comparison = { added: emptySet, removed: emptySet, modified: emptySet }
const modifiedItself: Comparison = { ...same, modified: memberSet }

/** Throws UntypedValue where an object does not fit its type. */
export function compareFields(before: Json | undefined, after: Json | undefined, type: FieldType): Comparison {
  if (before === after) return same
  if (before === undefined) return after === undefined ? same : { ...same, added: wholeOf(after, type) }
  if (after === undefined) return { ...same, removed: wholeOf(before, type) }
  const [old, next] = [formOf(type, before), formOf(type, after)]
  if (isSameForm(old, next)) return compareForms(before, after, next)
  return unite(compareForms(before, after, old), compareForms(before, after, next))
}

function isSameForm(a: Form, b: Form): boolean {
  return a.kind === b.kind
}

/** A field that is new or gone is so itself, and with everything below it. */
function wholeOf(value: Json, type: FieldType): FieldSet {
  const form = formOf(type, value)
  if (form.kind === 'map' && !form.type.isAtomic && isJsonObject(value)) return fieldSet(true, fieldsIn(value, form.type))
  if (form.kind === 'list' && form.type.relation !== 'atomic' && Array.isArray(value)) {
    return fieldSet(true, elementsIn(value, form.type))
  }
  return memberSet
}

function fieldsIn(object: JsonObject, map: MapType): Map<Step, FieldSet> {
  const fields = new Map<Step, FieldSet>()
  for (const name in object) {
    const value = object[name]
    if (value !== undefined) fields.set(fieldStep(name), wholeOf(value, typeOfField(map, name) ?? deduced))
  }
  return fields
}

/** Elements of the same name are in one piece. */
function elementsIn(items: readonly Json[], list: ListType): Map<Step, FieldSet> {
  const elements = new Map<Step, FieldSet>()
  for (const item of items) {
    const step = stepOfItem(list, item)
    elements.set(step, elements.has(step) ? memberSet : wholeOf(item, list.item))
  }
  return elements
}

function compareForms(before: Json, after: Json, form: Form): Comparison {
  switch (form.kind) {
    case 'scalar':
      return compareWhole(before, after)
    case 'list': {
      const [old, next] = [listOf(before), listOf(after)]
      const isWhole = form.type.relation === 'atomic' || (old.length === 0 && next.length === 0)
      return isWhole ? compareWhole(before, after) : compareItems(old, next, form.type)
    }
    case 'map': {
      const [old, next] = [mapOf(before), mapOf(after)]
      const names = namesOf(old, next)
      if (form.type.isAtomic || names.length === 0) return compareWhole(before, after)
      const collected = collector()
      for (const name of names) {
        const [was, is] = [ownOf(old, name), ownOf(next, name)]
        if (was === is) continue
        const found = compareFields(was, is, typeOfField(form.type, name) ?? deduced)
        if (found !== same) collected.add(fieldStep(name), found)
      }
      return collected.comparison()
    }
  }
}

function compareWhole(before: Json, after: Json): Comparison {
  return sameJson(before, after) ? same : modifiedItself
}

function namesOf(old: object, next: object): string[] {
  const names = Object.keys(old)
  for (const name of Object.keys(next)) if (!Object.hasOwn(old, name)) names.push(name)
  return names
}

const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : [])
const mapOf = (value: Json): Record<string, Json | undefined> => (isJsonObject(value) ? value : {})
const ownOf = (map: Record<string, Json | undefined>, name: string): Json | undefined =>
  Object.hasOwn(map, name) ? map[name] : undefined

function compareItems(before: Json[], after: Json[], list: ListType): Comparison {
  const [old, next] = [itemsByStep(before, list), itemsByStep(after, list)]
  const collected = collector()
  for (const step of new Set([...old.keys(), ...next.keys()])) {
    const found = compareSameStep(old.get(step) ?? [], next.get(step) ?? [], list)
    if (found !== same) collected.add(step, found)
  }
  return collected.comparison()
}

function itemsByStep(items: Json[], list: ListType): Map<Step, Json[]> {
  const found = new Map<Step, Json[]>()
  for (const item of items) {
    const step = stepOfItem(list, item)
    const others = found.get(step)
    if (others === undefined) found.set(step, [item])
    else others.push(item)
  }
  return found
}

/** Elements of the same name are in one piece as long as there are several. */
function compareSameStep(old: Json[], next: Json[], list: ListType): Comparison {
  if (old.length <= 1 && next.length <= 1) return compareFields(old[0], next[0], list.item)
  if (old.length >= 2 && next.length >= 2) return sameJson(old, next) ? same : modifiedItself
  if (old.length >= 2) {
    const added = next.length === 0 ? same : compareFields(undefined, next[0], list.item)
    return unite(added, { ...same, removed: memberSet })
  }
  const removed = old.length === 0 ? same : compareFields(old[0], undefined, list.item)
  return unite(removed, { ...same, added: memberSet })
}

function unite(a: Comparison, b: Comparison): Comparison {
  return { added: union(a.added, b.added), removed: union(a.removed, b.removed), modified: union(a.modified, b.modified) }
}

/** Most objects have fields of one sort only: maps are made for those that there are. */
function collector(): { add(step: Step, comparison: Comparison): void; comparison(): Comparison } {
  const found: Partial<Record<keyof Comparison, Map<Step, FieldSet>>> = {}
  const setOf = (which: keyof Comparison): FieldSet => {
    const children = found[which]
    return children === undefined ? emptySet : fieldSet(false, children)
  }
  return {
    add(step, comparison) {
      for (const which of sorts) if (!isEmptySet(comparison[which])) (found[which] ??= new Map()).set(step, comparison[which])
    },
    comparison() {
      if (found.added === undefined && found.removed === undefined && found.modified === undefined) return same
      return { added: setOf('added'), removed: setOf('removed'), modified: setOf('modified') }
    },
  }
}

const sorts = ['added', 'removed', 'modified'] as const
