// A built-in Kind's object does not keep empty lists and maps: in Kubernetes they are the zero values of optional fields.

import { isJsonObject, type Json, type JsonObject, type JsonSchema, type SchemaDefinitions } from '@sheaf/api/meta'
import { itemSchema, propertySchema, resolveSchema } from './definition-at.ts'

/** Drops them in place, where the schema says that the field is a list or a map. */
export function dropEmptyCollections(schema: JsonSchema, definitions: SchemaDefinitions, object: JsonObject): void {
  const required = resolveSchema(schema, definitions)?.required ?? []
  for (const [name, value] of Object.entries(object)) {
    if (name === 'metadata' || typeof value !== 'object' || value === null) continue
    const field = propertySchema(schema, definitions, name)
    if (field === undefined) continue
    if (!required.includes(name) && isEmptyCollection(field, value)) delete object[name]
    else dropInside(field, definitions, value)
  }
}

function dropInside(schema: JsonSchema, definitions: SchemaDefinitions, value: Json): void {
  if (isJsonObject(value)) return dropEmptyCollections(schema, definitions, value)
  const items = itemSchema(schema, definitions)
  if (items === undefined || !Array.isArray(value)) return
  for (const item of value) dropInside(items, definitions, item)
}

function isEmptyCollection(schema: JsonSchema, value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  return typeof schema.additionalProperties === 'object' && isJsonObject(value) && Object.keys(value).length === 0
}
