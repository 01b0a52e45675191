// PUT: the object as the caller wants it, whole.

import { type ApiObject, badRequest, goQuoted, invalidError, isAlreadyExists, StatusError } from '@sheaf/api/meta'
import { create } from './create.ts'
import { applyFieldValidation, unknownFieldIssue } from './field-validation.ts'
import { ownersAfterWrite } from './field-owners.ts'
import { missing } from './get.ts'
import { type ShapedObject, shapeObject, unusable } from './object-shape.ts'
import { type DecodedBody, type Encoded, type Registry, type Subresource, storageKey, type WriteCall } from './registry.ts'
import { writeUpdate } from './write-update.ts'

export interface UpdateResult {
  encoded: Encoded
  isNew: boolean
}

/** `mayCreate` throws unless the user may make the object where it is not there. */
export async function update(
  registry: Registry,
  call: WriteCall,
  body: DecodedBody,
  mayCreate: () => Promise<void>,
): Promise<UpdateResult> {
  if (isToBeCreated(registry, call, body)) {
    await mayCreate()
    try {
      return { encoded: await create(registry, { ...call, name: '' }, body), isNew: true }
    } catch (error) {
      // Somebody else was quicker: then there is something to replace.
      if (!isAlreadyExists(error)) throw error
    }
  }
  return { encoded: await replace(registry, call, undefined, body), isNew: false }
}

function isToBeCreated(registry: Registry, call: WriteCall, body: DecodedBody): boolean {
  const { definition } = call.resource
  if (!definition.createsOnUpdate || registry.store.get(storageKey(call)) !== undefined) return false
  const { object } = shapeObject(definition, body.value)
  checkIdentity(call, object)
  // One who names a version means an object that was there.
  return object.metadata.resourceVersion === undefined
}

/** A PUT of the object or of one of its subresources. */
export function replace(
  registry: Registry,
  call: WriteCall,
  subresource: Subresource | undefined,
  body: DecodedBody,
): Promise<Encoded> {
  const { definition } = call.resource
  const { object, unknownFields } = shapeObject(definition, body.value)
  checkIdentity(call, object)
  checkResourceVersion(registry, call, object)
  const strictIssues = [...body.strictIssues, ...unknownFields.map(unknownFieldIssue)]
  return writeUpdate(registry, {
    ...call,
    subresource,
    wanted: () => object,
    ownersAfter: (live, wanted, next) => {
      const sentOwners = wanted.metadata.managedFields
      return ownersAfterWrite(registry, call, { subresource, sentOwners, live, wanted, next })
    },
    onUnknownFields: (paths) =>
      applyFieldValidation(call, [...strictIssues, ...paths.map(unknownFieldIssue)], (why) => unusable(definition, why)),
  })
}

/** The body must be about the object that the path names. */
export function checkIdentity({ name, namespace }: WriteCall, { metadata }: ShapedObject['object']): void {
  if (metadata.name === undefined) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (namespace !== '' && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}

function checkResourceVersion(registry: Registry, call: WriteCall, { metadata }: ApiObject): void {
  const { definition } = call.resource
  const { resourceVersion = '0' } = metadata
  if (registry.store.get(storageKey(call)) === undefined) throw missing(call)
  if (!/^\d+$/.test(resourceVersion)) {
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${goQuoted(resourceVersion)}: invalid syntax`)
  }
  if (resourceVersion !== '0' || definition.origin === 'native') return
  // Kubernetes names the resource here, not the Kind, and prints the number as Go does an address.
  const named = { ...definition, kind: definition.plural }
  const message = 'Invalid value: 0x0: must be specified for an update'
  throw invalidError(named, call.name, [{ type: 'FieldValueInvalid', field: 'metadata.resourceVersion', message }])
}
