// Who owns what after a write. A plain write takes the fields that it changes; a configuration that is applied takes all
// the fields that it has, gives back those that it had and has no more, and is refused where it would change what is
// somebody else's. Pure.

import { type ApiObject, type Json, type JsonObject, type JsonSchema, sameJson, type SchemaDefinitions } from '@sheaf/api/meta'
import { withObjectMeta } from '../schema/object-meta-schema.ts'
import { type Comparison, compareFields } from './compare-fields.ts'
import { type FieldPath, fieldStep } from './field-path.ts'
import {
  difference,
  differenceBelow,
  emptySet,
  type FieldSet,
  intersection,
  isEmptySet,
  pathsOf,
  setOfPath,
  union,
} from './field-set.ts'
import { type FieldType, fieldTypeOf } from './field-type.ts'
import { fieldsOf, withNamedFields } from './fields-of.ts'
import { firstFields } from './first-fields.ts'
import { capManagers, identityOf, type Manager, type ManagerName, type Managers, ownedByAnyone, withManager } from './managers.ts'
import { mergeApplied } from './merge-applied.ts'
import { removeFields } from './remove-fields.ts'

/** One field that an applied configuration wants otherwise than its owner. */
export interface OwnershipConflict {
  owner: Manager
  path: FieldPath
}

export type Applied =
  | { kind: 'applied'; object: Json; managers: Managers }
  | { kind: 'conflicts'; conflicts: OwnershipConflict[] }

export interface ApplyCall {
  type: FieldType
  live: ApiObject
  configuration: Json
  managers: Managers
  name: ManagerName
  time: string
  force: boolean
  /** Fields that this door does not write: nobody comes to own them by it. */
  untouched: FieldSet
}

/** How objects of a Kind are told apart field by field. */
export function objectTypeOf(schema: JsonSchema | undefined, definitions: SchemaDefinitions): FieldType {
  return fieldTypeOf(...withObjectMeta(schema ?? anyObject, definitions))
}

const anyObject: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

export const setOf = (...paths: string[][]): FieldSet => paths.map((names) => setOfPath(names.map(fieldStep))).reduce(union)

/** What names the object and what the server gives it is nobody's. */
const unowned = setOf(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((field) => ['metadata', field]),
)

export interface Update {
  type: FieldType
  live: Json
  next: Json
  managers: Managers
  name: ManagerName
  time: string | undefined
}

/** After an object was made. `empty` is what every object of the type has from the start. Throws UntypedValue. */
export function managersOfNew(empty: JsonObject, next: JsonObject, type: FieldType, maker: Omit<Manager, 'fields'>): Managers {
  const fields = ownedOnce(firstFields(empty, next, type))
  return isEmptySet(fields) ? new Map() : new Map([[identityOf(maker), { ...maker, fields }]])
}

const owned = new WeakMap<FieldSet, FieldSet>()

/** The same fields come again and again: what is nobody's is taken from them once. */
function ownedOnce(fields: FieldSet): FieldSet {
  let own = owned.get(fields)
  if (own === undefined) {
    own = difference(fields, unowned)
    owned.set(fields, own)
  }
  return own
}

/** After a plain write. Throws UntypedValue where an object does not fit its type. */
export function managersAfterUpdate({ type, live, next, managers, name, time }: Update): Managers {
  const comparison = compareFields(live, next, type)
  const written = union(comparison.modified, comparison.added)
  const changed = difference(written, unowned)
  const before = ofVersion(managers, name.apiVersion)
  if (isEmptySet(changed)) return takeFrom(before, comparison)
  const identity = identityOf(name)
  const others = new Map(before)
  others.delete(identity)
  // What it had and wrote again stays what it was.
  const kept = difference(difference(before.get(identity)?.fields ?? emptySet, difference(written, changed)), comparison.removed)
  const own = { ...name, time, fields: union(changed, kept) }
  return capManagers(withManager(takeFrom(others, comparison), own, identity))
}

/** Fields in the words of a version that is served no more are nobody's. */
function ofVersion(managers: Managers, apiVersion: string): Managers {
  if (managers.values().every((manager) => manager.apiVersion === apiVersion)) return managers
  return new Map([...managers].filter(([, manager]) => manager.apiVersion === apiVersion))
}

/** What was changed or removed is no longer its owners'. */
function takeFrom(managers: Managers, { added, modified, removed }: Comparison): Managers {
  if (managers.size === 0) return managers
  const lost = union(modified, added)
  const left = [...managers].map(([identity, manager]) => {
    const fields = difference(difference(manager.fields, lost), removed)
    return [identity, { ...manager, fields }] as const
  })
  return new Map(left.filter(([, { fields }]) => !isEmptySet(fields)))
}

/** What is there before anybody has applied anything is the property of one manager of this name. */
const beforeFirstApply = 'before-first-apply'

/** Throws UntypedValue. The configuration has passed `checkApplied`. */
export function applyConfiguration(call: ApplyCall): Applied {
  const { type, live, configuration, name, time } = call
  const managers = ofVersion(call.managers.size === 0 ? firstManagers(call) : call.managers, name.apiVersion)
  const identity = identityOf(name)
  const last = managers.get(identity)
  const fields = differenceBelow(fieldsOf(configuration, type), call.untouched)
  const now = new Map(managers).set(identity, { ...name, time: last?.time, fields })
  // The live object and the configuration both are objects, so there is something.
  const merged = mergeApplied(toJson(live), configuration, type) ?? {}
  const object = last === undefined ? merged : prune(merged, last.fields, now, type)
  const comparison = compareOutside(toJson(live), object, type, call.untouched)
  const others = new Map([...now].filter(([each]) => each !== identity))
  if (!call.force) {
    const conflicts = conflictsOf(others, comparison)
    if (conflicts.length > 0) return { kind: 'conflicts', conflicts }
  }
  const isChanged = !sameJson(toJson(live), object)
  const own: Manager = { ...name, time: isChanged ? time : last?.time, fields: difference(fields, unowned) }
  return { kind: 'applied', object, managers: withManager(takeFrom(others, comparison), own) }
}

/** Differences in fields that the write does not reach are none. */
function compareOutside(live: Json, next: Json, type: FieldType, untouched: FieldSet): Comparison {
  const { added, modified, removed } = compareFields(live, next, type)
  return {
    added: differenceBelow(added, untouched),
    modified: differenceBelow(modified, untouched),
    removed: differenceBelow(removed, untouched),
  }
}

/** An ApiObject came from JSON. */
const toJson = (object: ApiObject): Json => object as unknown as Json

function firstManagers({ type, live, managers, name, time }: ApplyCall): Managers {
  const first: ManagerName = { ...name, manager: beforeFirstApply, operation: 'Update' }
  const { apiVersion, kind } = live
  return managersAfterUpdate({ type, live: { apiVersion, kind, metadata: {} }, next: toJson(live), managers, name: first, time })
}

function conflictsOf(others: Managers, { added, modified }: Comparison): OwnershipConflict[] {
  const changed = union(modified, added)
  return [...others.values()].flatMap((owner) => pathsOf(intersection(owner.fields, changed)).map((path) => ({ owner, path })))
}

/** Takes away what the manager had applied before and no longer does, unless somebody owns it or something in it. */
function prune(merged: Json, last: FieldSet, managers: Managers, type: FieldType): Json {
  if (isEmptySet(last)) return merged
  const named = (set: FieldSet): FieldSet => withNamedFields(set, type)
  const mergedFields = named(fieldsOf(merged, type))
  const bare = removeFields(merged, named(last), type)
  const kept = union(named(fieldsOf(bare, type)), named(ownedByAnyone(managers)))
  const owned = removeFields(merged, difference(mergedFields, kept), type)
  // An element that holds what others own stays, with what it needs.
  const gone = intersection(difference(mergedFields, named(fieldsOf(owned, type))), named(last))
  return removeFields(merged, gone, type)
}

/** What of a client's last configuration is still as it said: such fields are its own, whoever the records name. */
export function stillAsApplied(lastApplied: Json, live: ApiObject, type: FieldType): FieldSet {
  const { added, modified, removed } = compareFields(lastApplied, toJson(live), type)
  return [modified, added, removed].reduce(difference, fieldsOf(lastApplied, type))
}
