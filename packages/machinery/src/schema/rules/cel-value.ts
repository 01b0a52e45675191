// A JSON value as an expression sees it: whole numbers, times and bytes where the schema says so, and of an object only what
// the schema knows.

import type { CelInput } from '@bufbuild/cel'
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from '@sheaf/api/meta'
import { escapedName } from './declared-type.ts'
import type { Engine } from './engine.ts'

/** `value` has the shape that the schema asks for. */
export function celValue(engine: Engine, schema: JsonSchema, value: Json, isResource = false): CelInput {
  if (value === null) return null
  if (schema['x-kubernetes-int-or-string'] === true) return Number.isInteger(value) ? BigInt(value as number) : scalar(value)
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? [] : value.map((item) => celValue(engine, items, item))
  }
  if (isJsonObject(value))
    return celObject(engine, schema, value, isResource || schema['x-kubernetes-embedded-resource'] === true)
  if (typeof value === 'number') return schema.type === 'integer' ? BigInt(Math.trunc(value)) : value
  return typeof value === 'string' ? celText(engine, schema, value) : value
}

/** Whatever is no list and no object. */
function scalar(value: Json): CelInput {
  return typeof value === 'object' ? null : value
}

function celText(engine: Engine, { format }: JsonSchema, text: string): CelInput {
  switch (format) {
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'))
    case 'date':
    case 'date-time':
      return engine.timestamp(text)
    case 'duration':
      return engine.duration(text)
    default:
      return text
  }
}

const text: JsonSchema = { type: 'string' }
const resourceFields: Readonly<Record<string, JsonSchema>> = {
  apiVersion: text,
  kind: text,
  metadata: { type: 'object', properties: { name: text, generateName: text } },
}

function celObject(engine: Engine, schema: JsonSchema, object: JsonObject, isResource: boolean): CelInput {
  const { additionalProperties, properties = {} } = schema
  const fields = new Map<string, CelInput>()
  if (typeof additionalProperties === 'object') {
    for (const [key, value] of Object.entries(object)) {
      if (value !== undefined) fields.set(key, celValue(engine, additionalProperties, value))
    }
    return fields
  }
  for (const [name, property] of Object.entries(isResource ? { ...properties, ...resourceFields } : properties)) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined
    const escaped = escapedName(name)
    if (value !== undefined && escaped !== undefined) fields.set(escaped, celValue(engine, property, value))
  }
  return fields
}
