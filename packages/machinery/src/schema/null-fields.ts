// Nulls in an applied configuration: it says that the field is to be null, where every other write says that it has none.

import { type FieldError, isJsonObject, type Json, type JsonSchema, type SchemaDefinitions } from '@sheaf/api/meta'
import { itemSchema, propertySchema } from './definition-at.ts'
import { checkType } from './value-checks.ts'

/** Those that the schema does not allow and has no default for. */
export function nullFields(schema: JsonSchema, definitions: SchemaDefinitions, value: Json, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemSchema(schema, definitions)
    return value.flatMap((item, index) => inside(items, definitions, item, `${path}[${index}]`))
  }
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, field]) => {
    if (path === '' && name === 'metadata') return []
    const below = path === '' ? name : `${path}.${name}`
    return inside(propertySchema(schema, definitions, name), definitions, field ?? null, below)
  })
}

function inside(schema: JsonSchema | undefined, definitions: SchemaDefinitions, value: Json, path: string): FieldError[] {
  if (schema === undefined) return []
  if (value !== null) return nullFields(schema, definitions, value, path)
  if (schema.nullable === true || schema.default !== undefined) return []
  const error = checkType(schema, null, path)
  return error === undefined ? [] : [error]
}
