// Who owns which fields of an object: `metadata.managedFields`, read and written. Pure.

import type { Json, JsonObject, ManagedFieldsEntry } from '@sheaf/api/meta'
import { decodeFieldSet, emptySet, encodeFieldSet, type FieldSet, isEmptySet, union } from './field-set.ts'

/** Who writes, and by which door. */
export interface ManagerName {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  /** Absent for the object itself. */
  subresource: string | undefined
}

export interface Manager extends ManagerName {
  /** RFC 3339; of the last write that changed something. */
  time: string | undefined
  fields: FieldSet
}

/** By their identity. Whoever changes it makes a new one. */
export type Managers = ReadonlyMap<string, Manager>

/** Whoever applies is one manager whatever the version; whoever updates is one for each. As JSON: some are ordered by it. */
export function identityOf({ manager, operation, apiVersion, subresource }: ManagerName): string {
  const version = operation === 'Apply' ? '' : `,"apiVersion":${JSON.stringify(apiVersion)}`
  const door = subresource === undefined ? '' : `,"subresource":${JSON.stringify(subresource)}`
  return `{"manager":${JSON.stringify(manager)},"operation":"${operation}"${version}${door}}`
}

export function withManager(managers: Managers, manager: Manager, identity = identityOf(manager)): Managers {
  const next = new Map(managers)
  if (isEmptySet(manager.fields)) next.delete(identity)
  else next.set(identity, manager)
  return next
}

/** Throws for what no server wrote. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers = new Map<string, Manager>()
  for (const entry of entries ?? []) {
    const { manager = '', operation, apiVersion = '', subresource, time, fieldsType, fieldsV1 } = entry
    if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`')
    if (apiVersion === '') throw new Error('apiVersion must not be empty')
    if (fieldsType !== 'FieldsV1') throw new Error('fieldsType must be FieldsV1')
    const name: ManagerName = { manager, operation, apiVersion, subresource: subresource || undefined }
    // What came from JSON is JSON.
    managers.set(identityOf(name), { ...name, time, fields: decodeFieldSet(fieldsV1 as Json | undefined) })
  }
  return managers
}

/** Undefined where nobody owns anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()].sort(compareManagers).map(encodeManager)
}

function encodeManager({ manager, operation, apiVersion, subresource, time, fields }: Manager): ManagedFieldsEntry {
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldSet(fields) satisfies JsonObject,
    ...(subresource === undefined ? {} : { subresource }),
  }
}

function compareManagers(a: Manager, b: Manager): number {
  const orders = [
    compareTexts(a.operation, b.operation),
    secondsOf(a) - secondsOf(b),
    compareTexts(a.manager, b.manager),
    compareTexts(a.apiVersion, b.apiVersion),
    compareTexts(a.subresource ?? '', b.subresource ?? ''),
  ]
  return orders.find((order) => order !== 0) ?? 0
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const secondsOf = ({ time }: Manager): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000))

/** Every client that writes once would leave an entry for ever; as many as in Kubernetes keep theirs. */
const maxUpdateManagers = 10
const bucketName = 'ancient-changes'

/** Managers that only update become one when there are too many: the oldest first. */
export function capManagers(managers: Managers): Managers {
  if (managers.size <= maxUpdateManagers) return managers
  const updaters = [...managers.values()].filter(({ operation }) => operation === 'Update').sort(compareByAge)
  const excess = updaters.length - maxUpdateManagers
  if (excess <= 0) return managers
  const next = new Map(managers)
  const first = new Map<string, Manager>()
  let merged = 0
  for (const updater of updaters) {
    if (merged === excess) break
    const name: ManagerName = {
      manager: bucketName,
      operation: 'Update',
      apiVersion: updater.apiVersion,
      subresource: undefined,
    }
    const oldest = first.get(updater.apiVersion)
    if (oldest === undefined) {
      first.set(updater.apiVersion, updater)
      continue
    }
    const bucket = next.get(identityOf(name)) ?? oldest
    if (bucket === oldest) next.delete(identityOf(oldest))
    next.delete(identityOf(updater))
    next.set(identityOf(name), { ...name, time: updater.time, fields: union(updater.fields, bucket.fields) })
    merged++
  }
  return next
}

/** As Kubernetes orders those of one second: by the text of their identity. */
function compareByAge(a: Manager, b: Manager): number {
  return secondsOf(a) - secondsOf(b) || compareTexts(identityOf(a), identityOf(b))
}

export function ownedByAnyone(managers: Managers): FieldSet {
  return [...managers.values()].reduce((all, { fields }) => union(all, fields), emptySet)
}
