// A set of fields of an object, as a tree: the form in which `managedFields` names what somebody owns. Sets are values:
// once made, nobody changes one, and results share parts with what they were made from. Pure.

import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { memory } from '../remembered.ts'
import { canonicalStep, compareSteps, type FieldPath, type Step } from './field-path.ts'

export interface FieldSet {
  /** Whether the field itself is in the set, not only something below it. */
  readonly isMember: boolean
  /** No child is empty. */
  readonly children: ReadonlyMap<Step, FieldSet>
}

const noChildren: ReadonlyMap<Step, FieldSet> = new Map()

export const emptySet: FieldSet = { isMember: false, children: noChildren }
export const memberSet: FieldSet = { isMember: true, children: noChildren }

export function fieldSet(isMember: boolean, children: ReadonlyMap<Step, FieldSet>): FieldSet {
  if (children.size === 0) return isMember ? memberSet : emptySet
  return { isMember, children }
}

/** The set of one field. */
export function setOfPath(path: FieldPath): FieldSet {
  return path.reduceRight((below, step) => fieldSet(false, new Map([[step, below]])), memberSet)
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.isMember && set.children.size === 0
}

export function childOf(set: FieldSet, step: Step): FieldSet {
  return set.children.get(step) ?? emptySet
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  return path.reduce(childOf, set).isMember
}

/** `b` itself where `a` adds nothing to it, so that it is known as unchanged. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(a)) return b
  if (isEmptySet(b)) return a
  let children: Map<Step, FieldSet> | undefined
  for (const [step, child] of a.children) {
    const other = b.children.get(step)
    const both = other === undefined ? child : union(child, other)
    if (both === other) continue
    children ??= new Map(b.children)
    children.set(step, both)
  }
  const isMember = a.isMember || b.isMember
  return children === undefined && isMember === b.isMember ? b : fieldSet(isMember, children ?? b.children)
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return fieldSet(
    a.isMember && b.isMember,
    mapChildren(a, (child, step) => intersection(child, childOf(b, step))),
  )
}

/** What is in `a` and not itself in `b`; owning a field of `b` says nothing of what lies below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a
  const children = mapChildren(a, (child, step) => difference(child, childOf(b, step)))
  const isMember = a.isMember && !b.isMember
  // A set that loses nothing is the same one, so that it is known as unchanged.
  return isMember === a.isMember && sameChildren(a.children, children) ? a : fieldSet(isMember, children)
}

function sameChildren(a: ReadonlyMap<Step, FieldSet>, b: ReadonlyMap<Step, FieldSet>): boolean {
  if (a.size !== b.size) return false
  for (const [step, child] of a) if (b.get(step) !== child) return false
  return true
}

/** What is in `a` and neither in `b` nor below anything in it. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (b.isMember) return emptySet
  if (isEmptySet(a) || isEmptySet(b)) return a
  return fieldSet(
    a.isMember,
    mapChildren(a, (child, step) => differenceBelow(child, childOf(b, step))),
  )
}

/** A child for each of the set's, without those that come out empty. */
export function mapChildren(set: FieldSet, change: (child: FieldSet, step: Step) => FieldSet): Map<Step, FieldSet> {
  const children = new Map<Step, FieldSet>()
  for (const [step, child] of set.children) {
    const changed = change(child, step)
    if (!isEmptySet(changed)) children.set(step, changed)
  }
  return children
}

/** Every field of the set, in Kubernetes' order: the members of a level before what lies below them. */
export function pathsOf(set: FieldSet, above: FieldPath = []): FieldPath[] {
  const steps = [...set.children.keys()].sort(compareSteps)
  const members = steps.filter((step) => childOf(set, step).isMember).map((step) => [...above, step])
  return [...members, ...steps.flatMap((step) => pathsOf(childOf(set, step), [...above, step]))]
}

/** What was written already: most owners of an object have the same fields after a write. */
const encoded = new WeakMap<FieldSet, JsonObject>()

/** The set as `fieldsV1` says it: a field that is there only for others below it has no `.`. Shared: nobody may change it. */
export function encodeFieldSet(set: FieldSet): JsonObject {
  const known = encoded.get(set)
  if (known !== undefined) return known
  const fields = encodeFields(set)
  encoded.set(set, fields)
  return fields
}

const nothingBelow: JsonObject = Object.freeze({})

function encodeFields(set: FieldSet): JsonObject {
  if (set.children.size === 0) return nothingBelow
  const fields: JsonObject = set.isMember ? { '.': nothingBelow } : {}
  for (const step of [...set.children.keys()].sort(compareSteps)) fields[step] = encodeFields(childOf(set, step))
  return fields
}

/** What was read last: objects of a Kind are written by few, and these own the same fields of each. */
const recall = memory<FieldSet>(256, 4_096)

/** Throws for what is no set. */
export function decodeFieldSet(fields: Json | undefined): FieldSet {
  const given = fields ?? {}
  return recall(JSON.stringify(given), () => fieldSet(false, decodeChildren(given)))
}

function decodeChildren(fields: Json): Map<Step, FieldSet> {
  if (!isJsonObject(fields)) throw new Error('a set of fields is made of objects')
  const children = new Map<Step, FieldSet>()
  for (const [text, below] of Object.entries(fields)) {
    if (text === '.') continue
    const inner = decodeChildren(below ?? {})
    const isMember = inner.size === 0 || (isJsonObject(below) && Object.hasOwn(below, '.'))
    children.set(canonicalStep(text), fieldSet(isMember, inner))
  }
  return children
}
