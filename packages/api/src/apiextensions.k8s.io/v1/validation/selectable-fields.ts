// Fields that objects of a custom resource can be selected by. Pure.

import { duplicate, type FieldError, invalid, type JsonSchema, required } from '../../../meta/index.ts'

/** As in Kubernetes: each is looked up in every object of a list. */
const mostSelectableFields = 8

const selectableTypes: ReadonlySet<string> = new Set(['string', 'boolean', 'integer'])

export function selectableFieldErrors(
  fields: readonly { jsonPath: string }[],
  schema: JsonSchema | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>()
  const errors = fields.flatMap(({ jsonPath }, index) => {
    const field = `${path}[${index}].jsonPath`
    if (jsonPath === '') return [required(field)]
    const found = schemaAt(schema, jsonPath)
    if (found === undefined) return [invalid(field, jsonPath, 'is an invalid path: does not refer to a valid field')]
    const isTwice = seen.has(jsonPath)
    seen.add(jsonPath)
    const why =
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
    return [
      ...(jsonPath.startsWith('.metadata.') ? [invalid(field, jsonPath, 'must not point to fields in metadata')] : []),
      ...(selectableTypes.has(found.type ?? '') ? [] : [invalid(field, jsonPath, why)]),
      ...(isTwice ? [duplicate(field, jsonPath)] : []),
    ]
  })
  if (seen.size <= mostSelectableFields) return errors
  const message = `Too many: ${seen.size}: must have at most ${mostSelectableFields} items`
  return [...errors, { type: 'FieldValueTooMany', field: path, message }]
}

/** The schema of `.spec.color`; undefined where there is no such field. */
export function schemaAt(schema: JsonSchema | undefined, jsonPath: string): JsonSchema | undefined {
  const steps = jsonPath.split('.').slice(1)
  if (!jsonPath.startsWith('.') || steps.includes('')) return undefined
  return steps.reduce<JsonSchema | undefined>((owner, step) => {
    const properties = owner?.properties
    return properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined
  }, schema)
}
