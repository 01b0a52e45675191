// Brings an object into the shape its schema describes, in one walk: fields nobody knows go, defaults come, nulls that
// say nothing go, and what is left is checked. The same rules and texts as Kubernetes has for custom resources.

import {
  duplicate,
  type FieldError,
  invalid,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  required,
  type SchemaDefinitions,
} from '@sheaf/api/meta'
import { resolveSchema } from './definition-at.ts'
import { checkLength, checkScalar, checkType } from './value-checks.ts'

export interface StructureFindings {
  /** Paths of the fields that were removed because the schema has none of that name: `spec.disks[0].foo`. */
  unknownFields: string[]
  errors: FieldError[]
}

/** Real objects nest about 20 levels; a schema that contains itself would otherwise let a body exhaust the stack. */
const maxDepth = 200

/** Nobody reads more, and a hostile body must not turn into an answer many times its size. */
const maxFindings = 100

/** Known at the top of every object, whether its schema says so or not. */
const topFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

interface Walk extends StructureFindings {
  definitions: SchemaDefinitions
}

/**
 * Prunes `object` and fills its defaults in place, and tells what was pruned and what is wrong. `metadata` is only
 * required to be an object: its rules are the registry's.
 */
export function checkStructure(schema: JsonSchema, definitions: SchemaDefinitions, object: JsonObject): StructureFindings {
  const walk: Walk = { definitions, unknownFields: [], errors: [] }
  if (object.metadata !== undefined) report(walk, checkType({ type: 'object' }, object.metadata, 'metadata'))
  const root = resolveSchema(schema, definitions)
  if (root !== undefined) checkObject(walk, root, object, '', 0)
  return { unknownFields: walk.unknownFields, errors: walk.errors }
}

function checkValue(walk: Walk, schema: JsonSchema, value: Json, path: string, depth: number): void {
  if (value === null && schema.nullable === true) return
  const wrongType = checkType(schema, value, path)
  if (wrongType !== undefined) return report(walk, wrongType)
  if (typeof value !== 'object' || value === null) {
    for (const error of checkScalar(schema, value, path)) report(walk, error)
    return
  }
  if (depth === maxDepth) return report(walk, invalid(path, '', `nested deeper than ${maxDepth} levels`))
  if (Array.isArray(value)) checkList(walk, schema, value, path, depth)
  else checkObject(walk, schema, value, path, depth)
}

function checkObject(walk: Walk, schema: JsonSchema, object: JsonObject, path: string, depth: number): void {
  fillDefaults(walk, schema, object)
  for (const name of Object.keys(object)) {
    if (path === '' && topFields.has(name)) continue
    const field = fieldSchema(walk, schema, name)
    const value = object[name]
    if (value === undefined) delete object[name]
    else if (field === 'unknown') {
      delete object[name]
      if (walk.unknownFields.length < maxFindings) walk.unknownFields.push(below(path, name))
    } else if (field !== 'anything') {
      if (value === null && field.nullable !== true && saysType(field)) delete object[name]
      else checkValue(walk, field, value, below(path, name), depth + 1)
    }
  }
  // Last, because a null that was removed is missing.
  for (const name of schema.required ?? []) {
    const isTop = path === '' && topFields.has(name)
    if (!isTop && !Object.hasOwn(object, name)) report(walk, required(below(path, name)))
  }
}

/** A missing field, or a null where null means nothing, becomes the default. */
function fillDefaults(walk: Walk, schema: JsonSchema, object: JsonObject): void {
  for (const name in schema.properties) {
    const given = Object.hasOwn(object, name) ? object[name] : undefined
    if (given !== undefined && given !== null) continue
    const field = resolveSchema(schema.properties[name], walk.definitions)
    if (field?.default === undefined || (given === null && field.nullable === true)) continue
    object[name] = structuredClone(field.default)
  }
}

function fieldSchema(walk: Walk, schema: JsonSchema, name: string): JsonSchema | 'anything' | 'unknown' {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, name)) {
    return resolveSchema(schema.properties[name], walk.definitions) ?? 'anything'
  }
  if (typeof schema.additionalProperties === 'object') {
    return resolveSchema(schema.additionalProperties, walk.definitions) ?? 'anything'
  }
  const keepsAll = schema.additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  return keepsAll || !saysType(schema) ? 'anything' : 'unknown'
}

/** A schema without any of these accepts every value as it is. */
function saysType(schema: JsonSchema): boolean {
  return schema.type !== undefined || schema.properties !== undefined || schema['x-kubernetes-int-or-string'] === true
}

function checkList(walk: Walk, schema: JsonSchema, list: Json[], path: string, depth: number): void {
  report(walk, checkLength(schema, list, path))
  const items = resolveSchema(schema.items, walk.definitions)
  if (items !== undefined) {
    list.forEach((item, index) => {
      checkValue(walk, items, item, `${path}[${index}]`, depth + 1)
    })
  }
  const identity = identityOf(schema)
  if (identity === undefined) return
  const seen = new Set<string>()
  list.forEach((item, index) => {
    const key = identity(item)
    const text = JSON.stringify(key)
    if (seen.has(text)) report(walk, duplicate(`${path}[${index}]`, key))
    seen.add(text)
  })
}

/** What two elements of a list may not have in common. */
function identityOf(schema: JsonSchema): ((item: Json) => Json) | undefined {
  if (schema['x-kubernetes-list-type'] === 'set') return (item) => item
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined) return undefined
  return (item) => Object.fromEntries(keys.map((key) => [key, isJsonObject(item) ? item[key] : undefined]))
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function report(walk: Walk, error: FieldError | undefined): void {
  if (error !== undefined && walk.errors.length < maxFindings) walk.errors.push(error)
}
