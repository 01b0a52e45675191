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
  sameJson,
  type SchemaDefinitions,
} from '@sheaf/api/meta'
import { isMetaField } from '../registry/object-shape.ts'
import { resolveSchema } from './definition-at.ts'
import { junctorErrors } from './junctors.ts'
import { correlation, identityOf } from './list-identity.ts'
import { checkEnum, checkLength, checkScalar, checkSize, checkType } from './value-checks.ts'

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

/** A value, and what is stored in its place. An error about a value that has not changed is not held against the writer. */
interface Place {
  value: Json
  old: Json | undefined
  path: string
  depth: number
}

/**
 * Prunes `object` and fills its defaults in place, and tells what was pruned and what is wrong. Of `metadata` only what the
 * schema itself says is checked: its rules are the registry's. `old`: what is stored, for writers who are only held
 * responsible for what they change.
 */
export function checkStructure(
  schema: JsonSchema,
  definitions: SchemaDefinitions,
  object: JsonObject,
  old?: JsonObject,
): StructureFindings {
  const walk: Walk = { definitions, unknownFields: [], errors: [] }
  const root = resolveSchema(schema, definitions)
  const place = { value: object, old, path: '', depth: 0 }
  if (object.metadata !== undefined) checkMetadata(walk, root, object.metadata, place)
  if (root !== undefined) {
    checkObject(walk, root, object, place)
    for (const error of junctorErrors(root, object, '')) report(walk, error, place)
  }
  return { unknownFields: walk.unknownFields, errors: walk.errors }
}

/** The only metadata that a schema may speak of. */
const namesInMetadata = ['name', 'generateName'] as const

function checkMetadata(walk: Walk, root: JsonSchema | undefined, metadata: Json, place: Place): void {
  report(walk, checkType({ type: 'object' }, metadata, 'metadata'), place)
  const said = root?.properties?.metadata?.properties
  if (said === undefined || !isJsonObject(metadata)) return
  for (const field of namesInMetadata) {
    const name = metadata[field]
    const schema = said[field]
    if (schema === undefined || typeof name !== 'string') continue
    for (const error of checkScalar(schema, name, `metadata.${field}`)) report(walk, error, place)
  }
}

function checkValue(walk: Walk, schema: JsonSchema, place: Place): void {
  const { value, path, depth } = place
  if (value === null && schema.nullable === true) return
  const wrongType = checkType(schema, value, path)
  if (wrongType !== undefined) {
    if (isJsonObject(value)) dropAll(walk, schema, value, path)
    return report(walk, wrongType, place)
  }
  if (typeof value !== 'object' || value === null) {
    for (const error of checkScalar(schema, value, path)) report(walk, error, place)
  } else {
    if (depth === maxDepth) return report(walk, invalid(path, '', `nested deeper than ${maxDepth} levels`), place)
    if (Array.isArray(value)) checkList(walk, schema, value, place)
    else checkObject(walk, schema, value, place)
    report(walk, checkEnum(schema, value, path), place)
  }
  for (const error of junctorErrors(schema, value, path)) report(walk, error, place)
}

/** Nothing in an object is known where the schema has none. */
function dropAll(walk: Walk, schema: JsonSchema, object: JsonObject, path: string): void {
  for (const name of Object.keys(object)) {
    if (fieldSchema(walk, schema, name) !== 'unknown') continue
    delete object[name]
    if (walk.unknownFields.length < maxFindings) walk.unknownFields.push(below(path, name))
  }
}

function checkObject(walk: Walk, schema: JsonSchema, object: JsonObject, place: Place): void {
  const { path, old, depth } = place
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  fillDefaults(walk, schema, object)
  if (isEmbedded) checkEmbedded(walk, object, place)
  for (const name of Object.keys(object)) {
    if (path === '' && topFields.has(name)) continue
    const field = isEmbedded && topFields.has(name) ? embeddedField(walk, schema, name) : fieldSchema(walk, schema, name)
    const value = object[name]
    if (value === undefined) delete object[name]
    else if (field === 'unknown') {
      delete object[name]
      if (walk.unknownFields.length < maxFindings) walk.unknownFields.push(below(path, name))
    } else if (field !== 'anything') {
      const before = isJsonObject(old) && Object.hasOwn(old, name) ? old[name] : undefined
      if (value === null && field.nullable !== true && saysType(field)) delete object[name]
      else checkValue(walk, field, { value, old: before, path: below(path, name), depth: depth + 1 })
    }
  }
  report(walk, checkSize(schema, object, path), place)
  // Last, because a null that was removed is missing.
  for (const name of schema.required ?? []) {
    const isTop = path === '' && topFields.has(name)
    if (!isTop && !Object.hasOwn(object, name)) report(walk, required(below(path, name)), place)
  }
}

/** An object of the API inside another one says what it is, and its metadata has the fields of all metadata. */
function checkEmbedded(walk: Walk, object: JsonObject, place: Place): void {
  for (const name of ['apiVersion', 'kind']) {
    if (!object[name]) report(walk, required(below(place.path, name), 'must not be empty'), place)
  }
  const { metadata } = object
  if (!isJsonObject(metadata)) return
  for (const name of Object.keys(metadata)) {
    if (isMetaField(name)) continue
    delete metadata[name]
    walk.unknownFields.push(below(place.path, `metadata.${name}`))
  }
}

function embeddedField(walk: Walk, schema: JsonSchema, name: string): JsonSchema | 'anything' {
  if (name === 'metadata') return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const said = fieldSchema(walk, schema, name)
  return said === 'unknown' || said === 'anything' ? { type: 'string' } : said
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

function checkList(walk: Walk, schema: JsonSchema, list: Json[], place: Place): void {
  const { path, old, depth } = place
  report(walk, checkLength(schema, list, path), place)
  const items = resolveSchema(schema.items, walk.definitions)
  if (items !== undefined) {
    const before = correlation(schema, list, old)
    list.forEach((item, index) => {
      checkValue(walk, items, { value: item, old: before(item, index), path: `${path}[${index}]`, depth: depth + 1 })
    })
  }
  const identity = identityOf(schema)
  if (identity === undefined) return
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const seen = new Set<string>()
  list.forEach((item, index) => {
    if (isMap && !isJsonObject(item)) {
      const why = 'must be an object for an array of list-type map'
      return report(walk, invalid(`${path}[${index}]`, item, why), place)
    }
    const key = identity(item)
    const text = JSON.stringify(key)
    if (seen.has(text)) report(walk, duplicate(`${path}[${index}]`, key), place)
    seen.add(text)
  })
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function report(walk: Walk, error: FieldError | undefined, { value, old }: Place): void {
  if (error === undefined || walk.errors.length >= maxFindings) return
  if (old === undefined || !sameJson(value, old)) walk.errors.push(error)
}
