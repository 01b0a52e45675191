// Who owns which field after a plain write: what is recorded in `metadata.managedFields`.

import { type ApiObject, apiVersionOf, type Json, type JsonObject, type ManagedFieldsEntry, timestamp } from '@sheaf/api/meta'
import { UntypedValue } from '../ownership/list-step.ts'
import { decodeManagers, encodeManagers, type ManagerName, type Managers } from '../ownership/managers.ts'
import { managersAfterUpdate, managersOfNew, objectTypeOf } from '../ownership/ownership.ts'
import { checkStructure } from '../schema/structural.ts'
import type { Registry, Resource, Subresource, WriteCall } from './registry.ts'

export interface PlainWrite {
  subresource: Subresource | undefined
  /** What the sender says of the owners; whoever sends none leaves those that are stored. */
  sentOwners: readonly ManagedFieldsEntry[] | undefined
  /** What is stored; undefined for an object that is new. */
  live: ApiObject | undefined
  /** What was sent; undefined for an object that is new. */
  wanted: ApiObject | undefined
  /** What is to be stored, with its defaults. */
  next: ApiObject
}

/** The owners after the write; undefined where none are recorded. */
export function ownersAfterWrite(registry: Registry, call: WriteCall, write: PlainWrite): ManagedFieldsEntry[] | undefined {
  const { resource } = call
  const { live, subresource } = write
  const managers = managersBefore(write)
  // Nobody's fields are followed on an object that was written before there were owners, until somebody applies to it.
  if (managers.size === 0 && live !== undefined) return undefined
  const type = objectTypeOf(resource.schema, registry.schemas)
  const name = managerName(call, 'Update', subresource)
  // Kubernetes keeps no time for those who scale.
  const time = subresource === 'scale' ? undefined : timestamp(registry.clock)
  const next = withoutOwners(claimed(call, write))
  const before = live === undefined ? emptyObject(registry, resource) : withoutOwners(live)
  try {
    const isNew = live === undefined && managers.size === 0
    const after = isNew
      ? managersOfNew(before, next, type, { ...name, time })
      : managersAfterUpdate({ type, live: before, next, managers, name, time })
    return encodeManagers(after)
  } catch (error) {
    // No refusal: what does not fit the schema is admission's to tell.
    if (error instanceof UntypedValue) return undefined
    throw error
  }
}

/** Metadata that comes with the status of a custom object is not stored, and yet its sender's: so in Kubernetes. */
function claimed({ resource }: WriteCall, { subresource, wanted, next }: PlainWrite): ApiObject {
  if (subresource !== 'status' || resource.definition.origin === 'native' || wanted === undefined) return next
  const { labels, annotations, ownerReferences, finalizers } = wanted.metadata
  const sent = Object.entries({ labels, annotations, ownerReferences, finalizers }).filter(([, value]) => value !== undefined)
  const { labels: _l, annotations: _a, ownerReferences: _o, finalizers: _f, ...own } = next.metadata
  return { ...next, metadata: { ...own, ...Object.fromEntries(sent) } }
}

export function managerName(
  { fieldManager, resource }: WriteCall,
  operation: ManagerName['operation'],
  subresource: Subresource | undefined,
): ManagerName {
  return { manager: fieldManager || 'unknown', operation, apiVersion: apiVersionOf(resource.definition), subresource }
}

function managersBefore({ subresource, sentOwners, live }: PlainWrite): Managers {
  if (subresource === undefined && sentOwners !== undefined) {
    if (isReset(sentOwners)) return new Map()
    const sent = readManagers(sentOwners)
    if (sent.size > 0) return sent
  }
  return readManagers(live?.metadata.managedFields)
}

/** An empty list, or one with an empty entry, says that nobody owns anything. */
function isReset([first, ...more]: readonly ManagedFieldsEntry[]): boolean {
  return first === undefined || (more.length === 0 && Object.keys(first).length === 0)
}

function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagers(entries)
  } catch {
    // Whoever sends what is no record is treated as if there were none, as in Kubernetes.
    return new Map()
  }
}

export function setOwners({ metadata }: ApiObject, owners: ManagedFieldsEntry[] | undefined): void {
  if (owners === undefined) delete metadata.managedFields
  else metadata.managedFields = owners
}

/** An ApiObject came from JSON. */
export function withoutOwners(object: ApiObject): JsonObject & ApiObject {
  const { managedFields: _owners, ...metadata } = object.metadata
  return { ...object, metadata } as unknown as JsonObject & ApiObject
}

const empty = new WeakMap<Resource, JsonObject & ApiObject>()

/** What there was before an object was there. One of a built-in Kind has its structs even so. */
export function emptyObject({ schemas }: Registry, resource: Resource): JsonObject & ApiObject {
  let object = empty.get(resource)
  if (object === undefined) {
    const { definition, schema } = resource
    object = { apiVersion: apiVersionOf(definition), kind: definition.kind, metadata: {} }
    if (definition.origin === 'native' && schema !== undefined) {
      checkStructure(schema, schemas, object as unknown as Record<string, Json>)
    }
    empty.set(resource, object)
  }
  return object
}
