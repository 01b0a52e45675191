// PATCH: the stored object, changed as the patch says, whoever else changes it meanwhile.

import {
  apiVersionOf,
  conflict,
  goPlain,
  invalid,
  invalidError,
  isJsonObject,
  type Json,
  type JsonSchema,
  StatusError,
} from '@sheaf/api/meta'
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
  const shown = type === 'strategic' ? goPlain(body.value) : JSON.stringify(body.value)
  const refuse = (why: string): StatusError => undecodable(shown, why)
  const strictIssues = type === 'json' ? body.strictIssues.map((issue) => `json patch ${issue}`) : body.strictIssues
  let unknownFields: string[] = []
  return explained(refuse, () =>
    writeUpdate(registry, {
      ...call,
      subresource,
      isPatch: true,
      wanted: (old) => {
        // An ApiObject came from JSON text.
        const patched = applyPatch(registry, call.resource.schema, type, old as unknown as Json, body.value)
        checkVersion(call, patched)
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
        applyFieldValidation(call, [...strictIssues, ...[...unknownFields, ...paths].map(unknownFieldIssue)], refuse),
    }),
  )
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

/** A patch that leads to values of wrong types is a wrong patch, not a wrong object. */
async function explained<T>(refuse: (why: string) => StatusError, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const why = error instanceof StatusError ? error.message.split(' cannot be handled as a ')[1] : undefined
    throw why === undefined ? error : refuse(why)
  }
}

/** A patch cannot make another version of a custom object. */
function checkVersion({ resource: { definition }, name }: WriteCall, patched: Json): void {
  const given = isJsonObject(patched) ? patched.apiVersion : undefined
  const expected = apiVersionOf(definition)
  if (definition.origin === 'native' || given === expected) return
  throw invalidError(definition, name, [invalid('apiVersion', given, `must be ${expected}`)])
}

/** A message is no place for megabytes. */
const maxShown = 1_000

function undecodable(text: string, why: string): StatusError {
  const cut = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
  return invalidError({ group: '', plural: '', kind: '' }, '', [invalid('patch', cut, why)])
}
