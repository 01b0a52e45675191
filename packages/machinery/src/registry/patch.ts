// PATCH: the stored object, changed as the patch says, whoever else changes it meanwhile.

import { conflict, invalid, invalidError, isJsonObject, type Json, type JsonSchema, type StatusError } from '@sheaf/api/meta'
import { applyFieldValidation, unknownFieldIssue } from './field-validation.ts'
import { ownersAfterWrite } from './field-owners.ts'
import { shapeObject } from './object-shape.ts'
import { applyJsonPatch } from './patch/json-patch.ts'
import { applyMergePatch } from './patch/merge-patch.ts'
import { applyStrategicMergePatch } from './patch/strategic-merge-patch.ts'
import { type DecodedBody, type Encoded, type Registry, type Subresource, storageKey, type WriteCall } from './registry.ts'
import { checkIdentity } from './update.ts'
import { writeUpdate } from './write-update.ts'

export type PatchType = 'json' | 'merge' | 'strategic'

export async function patch(
  registry: Registry,
  call: WriteCall,
  subresource: Subresource | undefined,
  type: PatchType,
  body: DecodedBody,
): Promise<Encoded> {
  refuseUidOfMissing(registry, call, body.value)
  const refuse = (why: string): StatusError => undecodable(body.value, type === 'json' ? `json patch ${why}` : why)
  let unknownFields: string[] = []
  return writeUpdate(registry, {
    ...call,
    subresource,
    wanted: (old) => {
      // An ApiObject came from JSON text.
      const patched = applyPatch(registry, call.resource.schema, type, old as unknown as Json, body.value)
      const shaped = shapeObject(call.resource.definition, patched)
      checkIdentity(call, shaped.object)
      unknownFields = shaped.unknownFields
      return shaped.object
    },
    ownersAfter: (live, wanted, next) => {
      const sentOwners = wanted.metadata.managedFields
      return ownersAfterWrite(registry, call, { subresource, sentOwners, live, wanted, next })
    },
    onUnknownFields: (paths) =>
      applyFieldValidation(call, [...body.strictIssues, ...[...unknownFields, ...paths].map(unknownFieldIssue)], refuse),
  })
}

/** The patched document; neither of the two is changed. */
export function applyPatch(
  { schemas }: Registry,
  schema: JsonSchema | undefined,
  type: PatchType,
  document: Json,
  value: Json,
): Json {
  switch (type) {
    case 'json':
      return applyJsonPatch(document, value)
    case 'merge':
      return applyMergePatch(document, value)
    case 'strategic':
      return applyStrategicMergePatch(document, value, schema, schemas)
  }
}

export function refuseUidOfMissing(registry: Registry, call: WriteCall, value: Json): void {
  const uid = isJsonObject(value) && isJsonObject(value.metadata) ? value.metadata.uid : undefined
  if (typeof uid !== 'string' || registry.store.get(storageKey(call)) !== undefined) return
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
  throw conflict(call.resource.definition, call.name, why)
}

/** A message is no place for megabytes. */
const maxShown = 1_000

function undecodable(value: Json, why: string): StatusError {
  const text = JSON.stringify(value)
  const shown = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
  return invalidError({ group: '', plural: '', kind: '' }, '', [invalid('patch', shown, why)])
}
