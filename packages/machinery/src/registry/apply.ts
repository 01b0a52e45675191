// Server-side apply: what somebody wants of an object, in full; what others want of it stays.

import {
  type ApiObject,
  apiVersionOf,
  badRequest,
  invalidError,
  isAlreadyExists,
  isJsonObject,
  isNotFound,
  type Json,
  type ManagedFieldsEntry,
  type ResourceDefinition,
  StatusError,
  timestamp,
} from '@sheaf/api/meta'
import { checkApplied } from '../ownership/check-applied.ts'
import { conflictError } from '../ownership/conflict-error.ts'
import { emptySet, type FieldSet } from '../ownership/field-set.ts'
import { applyAsClient } from '../ownership/last-applied.ts'
import { decodeManagers, encodeManagers, type Managers } from '../ownership/managers.ts'
import { type ApplyCall, objectTypeOf, setOf } from '../ownership/ownership.ts'
import { nullFields } from '../schema/null-fields.ts'
import { create } from './create.ts'
import { emptyObject, managerName, withoutOwners } from './field-owners.ts'
import { missing } from './get.ts'
import { shapeObject } from './object-shape.ts'
import { type DecodedBody, type Encoded, type Registry, type Subresource, storageKey, type WriteCall } from './registry.ts'
import { checkIdentity, type UpdateResult } from './update.ts'
import { refuseUidOfMissing } from './patch.ts'
import { writeUpdate } from './write-update.ts'

export interface ApplyRequest {
  subresource: Subresource | undefined
  body: DecodedBody
  /** Take what is somebody else's. */
  force: boolean
}

/** Creating and deleting may cross this often before it is somebody's fight. */
const maxAttempts = 8

/** `mayCreate` throws unless the user may make the object where it is not there. */
export async function apply(
  registry: Registry,
  call: WriteCall,
  request: ApplyRequest,
  mayCreate: () => Promise<void>,
): Promise<UpdateResult> {
  checkVersion(call.resource.definition, request.body.value)
  for (let attempt = 1; ; attempt++) {
    const isNew = registry.store.get(storageKey(call)) === undefined
    try {
      if (!isNew) return { encoded: await applyToStored(registry, call, request), isNew }
      if (request.subresource !== undefined) throw missing(call)
      await mayCreate()
      return { encoded: await createApplied(registry, call, request), isNew }
    } catch (error) {
      const crossed = isNew ? isAlreadyExists(error) : isNotFound(error)
      if (!crossed || request.subresource !== undefined || attempt === maxAttempts) throw error
    }
  }
}

export function checkVersion(definition: ResourceDefinition, configuration: Json): void {
  if (!isJsonObject(configuration)) throw badRequest('error decoding YAML: a configuration is an object')
  const expected = apiVersionOf(definition)
  const { apiVersion, kind, metadata } = configuration
  if (apiVersion !== expected || kind !== definition.kind) {
    throw badRequest(`invalid object type: ${goKind(textOr(apiVersion), textOr(kind))}`)
  }
  if (isJsonObject(metadata) && metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
}

const textOr = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** `/v1, Kind=ConfigMap`, as Go prints it. */
function goKind(apiVersion: string, kind: string): string {
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  return `${groupVersion}, Kind=${kind}`
}

function createApplied(registry: Registry, call: WriteCall, request: ApplyRequest): Promise<Encoded> {
  const applied = appliedTo(registry, call, request, emptyObject(registry, call.resource))
  refuseUidOfMissing(registry, call, request.body.value)
  const { object } = shapeObject(call.resource.definition, applied.object)
  checkIdentity(call, object)
  // A version says that something was there; whoever applies wants it to be there all the same.
  const { resourceVersion: _version, ...metadata } = object.metadata
  const body = { value: { ...object, metadata } as unknown as Json, strictIssues: [] }
  return create(registry, { ...call, name: '' }, body, () => applied.owners)
}

function applyToStored(registry: Registry, call: WriteCall, request: ApplyRequest): Promise<Encoded> {
  let owners: ManagedFieldsEntry[] | undefined
  return writeUpdate(registry, {
    ...call,
    subresource: request.subresource,
    isPatch: true,
    wanted: (old) => {
      const applied = appliedTo(registry, call, request, old)
      owners = applied.owners
      const { object } = shapeObject(call.resource.definition, applied.object)
      checkIdentity(call, object)
      return object
    },
    ownersAfter: () => owners,
    // What the schema does not know was refused before.
    onUnknownFields: () => {},
  })
}

interface AppliedObject {
  object: Json
  owners: ManagedFieldsEntry[] | undefined
}

function appliedTo(registry: Registry, call: WriteCall, request: ApplyRequest, old: ApiObject): AppliedObject {
  const { definition, schema } = call.resource
  const { object, managers } = applyTo(registry, call, {
    ...request,
    definition,
    type: objectTypeOf(schema, registry.schemas),
    live: withoutOwners(old),
    managers: decodeManagers(old.metadata.managedFields),
    name: managerName(call, 'Apply', request.subresource),
  })
  const nulls =
    definition.origin === 'custom' && schema !== undefined ? nullFields(schema, registry.schemas, request.body.value) : []
  if (nulls.length > 0) throw invalidError(definition, call.name, nulls)
  return { object, owners: encodeManagers(managers) }
}

export interface ApplyTarget extends ApplyRequest, Pick<ApplyCall, 'type' | 'live' | 'managers' | 'name'> {
  definition: ResourceDefinition
}

/** What becomes of an object and its owners. Throws what is wrong with the configuration, and conflicts. */
export function applyTo(
  registry: Registry,
  call: WriteCall,
  { definition, type, live, managers, name, body, force, subresource }: ApplyTarget,
): { object: Json; managers: Managers } {
  const { value: configuration, strictIssues } = body
  const problems = checkApplied(configuration, type)
  if (problems.length > 0) throw unusable(definition, configuration, problems)
  const applied = applyAsClient({
    type,
    live,
    configuration,
    managers,
    name,
    time: timestamp(registry.clock),
    force,
    untouched: untouchedBy(definition, subresource),
  })
  if (applied.kind === 'conflicts') throw conflictError(applied.conflicts)
  refuseDuplicates(call, strictIssues)
  return { object: applied.object, managers: applied.managers }
}

function refuseDuplicates(call: WriteCall, issues: readonly string[]): void {
  if (issues.length === 0 || call.fieldValidation === 'Ignore') return
  const why = `error converting YAML to JSON: yaml: unmarshal errors:\n${issues.map((issue) => `  ${issue}`).join('\n')}`
  if (call.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${why}`)
  for (const issue of issues) call.warn(issue)
}

function unusable(definition: ResourceDefinition, configuration: Json, problems: string[]): StatusError {
  const metadata = isJsonObject(configuration) && isJsonObject(configuration.metadata) ? configuration.metadata : {}
  const key = `${textOr(metadata.namespace)}/${textOr(metadata.name)}`
  const subject = `${key}; ${goKind(apiVersionOf(definition), definition.kind)}`
  const text = problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`
  return new StatusError(500, '', `failed to create typed patch object (${subject}): ${text}`)
}

/** What a write through this door leaves as it is. */
function untouchedBy({ hasStatus }: ResourceDefinition, subresource: Subresource | undefined): FieldSet {
  if (subresource === 'status') return setOf(['spec'])
  return hasStatus ? setOf(['status']) : emptySet
}
