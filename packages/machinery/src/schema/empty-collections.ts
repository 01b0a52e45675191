// A built-in Kind's object does not keep empty lists and maps: in Kubernetes they are the zero values of optional fields.

import { isJsonObject, type Json, type JsonObject, type JsonSchema, type SchemaDefinitions } from '@sheaf/api/meta'
import { itemSchema, propertySchema, resolveSchema } from './definition-at.ts'

/** Drops them in place, where the schema says that the field is a list or a map. Tells whether there were any. */
export function dropEmptyCollections(schema: JsonSchema, definitions: SchemaDefinitions, object: JsonObject): boolean {
  const required = resolveSchema(schema, definitions)?.required ?? []
  let isChanged = false
  for (const name of Object.keys(object)) {
    const value = object[name]
    if (name === 'metadata' || typeof value !== 'object' || value === null) continue
    const field = propertySchema(schema, definitions, name)
    if (field === undefined) continue
    if (!required.includes(name) && isEmptyCollection(field, value)) {
      delete object[name]
      isChanged = true
    } else if (dropInside(field, definitions, value)) isChanged = true
  }
  return isChanged
}

function dropInside(schema: JsonSchema, definitions: SchemaDefinitions, value: Json): boolean {
  if (isJsonObject(value)) return dropEmptyCollections(schema, definitions, value)
  const items = itemSchema(schema, definitions)
  if (items === undefined || !Array.isArray(value)) return false
  let isChanged = false
  for (const item of value) if (dropInside(items, definitions, item)) isChanged = true
  return isChanged
}

function isEmptyCollection(schema: JsonSchema, value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  return typeof schema.additionalProperties === 'object' && isJsonObject(value) && Object.keys(value).length === 0
}
