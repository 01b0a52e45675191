// POST of a question: it is checked like an object, answered, and stored nowhere.

import { type ApiObject, invalidError, type JsonObject } from '@sheaf/api/meta'
import type { ReviewCall } from '../kind.ts'
import { checkStructure } from '../schema/structural.ts'
import { applyFieldValidation, unknownFieldIssue } from './field-validation.ts'
import { shapeObject, unusable } from './object-shape.ts'
import type { DecodedBody, Encoded, Registry, WriteCall } from './registry.ts'

export type Review = (call: ReviewCall) => ApiObject | Promise<ApiObject>

export async function answerReview(registry: Registry, call: WriteCall, body: DecodedBody, review: Review): Promise<Encoded> {
  const { definition, schema } = call.resource
  const { object, unknownFields } = shapeObject(definition, body.value)
  if (definition.scope === 'Namespaced') object.metadata.namespace ??= call.namespace
  // An ApiObject came from JSON, and the schema's walk keeps it JSON.
  const shape = schema === undefined ? undefined : checkStructure(schema, registry.schemas, object as unknown as JsonObject)
  const issues = [...body.strictIssues, ...[...unknownFields, ...(shape?.unknownFields ?? [])].map(unknownFieldIssue)]
  applyFieldValidation(call, issues, (why) => unusable(definition, why))
  const structureErrors = shape?.errors ?? []
  const errors = structureErrors.length > 0 ? structureErrors : (definition.validate?.(object, undefined) ?? [])
  if (errors.length > 0) throw invalidError(definition, '', errors)
  return { text: JSON.stringify(await review({ object, namespace: call.namespace, user: call.user })) }
}
