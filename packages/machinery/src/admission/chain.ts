// What an object goes through before it is stored: shape → defaults → the Kind's changes → shape again → rules → the
// Kind's consent. One refusal names everything that is wrong with the fields.

import {
  type ApiObject,
  type FieldError,
  invalidError,
  type JsonObject,
  type ResourceDefinition,
  type SchemaDefinitions,
} from '@sheaf/api/meta'
import type { AdmissionRequest } from '../kind.ts'
import { checkObjectMeta, dropDuplicateOwners, objectMetaWarnings } from '../registry/object-meta-rules.ts'
import { unusable } from '../registry/object-shape.ts'
import type { Resource } from '../registry/registry.ts'
import { dropEmptyCollections } from '../schema/empty-collections.ts'
import { checkScaleNumbers } from '../schema/scale-rules.ts'
import { checkStructure } from '../schema/structural.ts'

/** What happens to the object on its way. Each may throw. */
export interface AdmissionSteps {
  /** Told which fields of the sent object nobody knows, after they were dropped. */
  onUnknownFields: (paths: readonly string[]) => void
  /** The object has its shape and its schema's defaults: what is changed from here on, its sender does not own. */
  onShaped: () => void
}

/** Brings `request.object` into the form to be stored, in place, or throws a StatusError. */
export async function admit(
  resource: Resource,
  schemas: SchemaDefinitions,
  request: AdmissionRequest,
  steps: AdmissionSteps,
): Promise<void> {
  const { definition, admission } = resource
  const { object, oldObject } = request
  const old = comparable(definition, oldObject)
  const sent = structureOf(resource, schemas, object, old)
  refuseWrongTypes(resource, request, sent.errors)
  // Kubernetes tells those of a custom object by name.
  steps.onUnknownFields(definition.origin === 'custom' ? sent.unknownFields.toSorted() : sent.unknownFields)

  // A built-in Kind's defaults are part of its form; a custom one's are somebody else's changes, as those of a webhook.
  if (definition.origin === 'custom') steps.onShaped()
  definition.applyDefaults?.(object)
  let isTouched = isChangedByKind(resource)
  if (definition.origin === 'native') {
    // An ApiObject came from JSON.
    if (resource.schema !== undefined && dropEmptyCollections(resource.schema, schemas, object as unknown as JsonObject)) {
      isTouched = true
    }
    steps.onShaped()
  }
  definition.complete?.(object)
  // Each wait would cost a turn of the loop, also one for nothing.
  if (admission.mutate !== undefined) await admission.mutate(request)
  for (const text of dropDuplicateOwners(object.metadata)) request.warn(text)

  const structureErrors = isTouched ? structureOf(resource, schemas, object, old).errors : sent.errors
  const metaErrors = checkObjectMeta(definition, object, oldObject)
  // The Kind's own rules may rely on the schema: they look only at objects that have the right shape.
  const ownErrors = structureErrors.length > 0 ? [] : (definition.validate?.(object, oldObject) ?? [])
  const isShapeless = structureErrors.some(({ type }) => blocking.has(type))
  const ruleErrors = resource.rules === undefined ? [] : ((await resource.rules(object, oldObject, isShapeless)) ?? [])
  const errors = [...metaErrors, ...structureErrors, ...checkScaleNumbers(definition, object), ...ownErrors, ...ruleErrors]
  if (errors.length > 0) throw invalidError(definition, request.name, errors)

  if (admission.validate !== undefined) await admission.validate(request)
  for (const text of objectMetaWarnings(definition, object.metadata)) request.warn(text)
  for (const text of ownWarnings(definition, request)) request.warn(text)
}

/** Whether it has something to say between the first look at the shape and the second. */
function isChangedByKind({ definition, admission }: Resource): boolean {
  return definition.applyDefaults !== undefined || definition.complete !== undefined || admission.mutate !== undefined
}

/**
 * The server's own controllers pass on what others wrote: they are warned only about what they brought in themselves. Who
 * writes through a subresource brought in none of it.
 */
function ownWarnings(definition: ResourceDefinition, { object, oldObject, subresource, user }: AdmissionRequest): string[] {
  if (subresource !== undefined) return []
  const known = user.isSelf === true && oldObject !== undefined ? (definition.warnings?.(oldObject) ?? []) : []
  return (definition.warnings?.(object) ?? []).filter((text) => !known.includes(text))
}

function structureOf(
  resource: Resource,
  schemas: SchemaDefinitions,
  object: ApiObject,
  old: ApiObject | undefined,
): ReturnType<typeof checkStructure> {
  if (resource.schema === undefined) return { unknownFields: [], errors: [] }
  // An ApiObject came from JSON, and the schema's walk keeps it JSON.
  return checkStructure(resource.schema, schemas, object as unknown as JsonObject, old as unknown as JsonObject | undefined)
}

/** As in Kubernetes: whoever writes a custom object is not held responsible for what a stricter schema finds in the rest of it. */
function comparable({ origin }: ResourceDefinition, old: ApiObject | undefined): ApiObject | undefined {
  return origin === 'custom' ? old : undefined
}

/** What keeps rules from being asked: they rely on the types, and on the size of what they go through. */
const blocking: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** Defaults and the Kind's changes may rely on every field that is there having its type. */
function refuseWrongTypes({ definition, admission }: Resource, { name }: AdmissionRequest, errors: readonly FieldError[]): void {
  const isTouched = definition.applyDefaults !== undefined || admission.mutate !== undefined
  // Then all that is wrong is told at once.
  if (definition.origin === 'custom' && !isTouched) return
  const wrong = errors.filter((error) => error.type === 'FieldValueTypeInvalid')
  if (wrong.length === 0) return
  if (definition.origin === 'custom') throw invalidError(definition, name, wrong)
  throw unusable(definition, wrong.map((error) => `${error.field}: ${error.message}`).join(', '))
}
