// What a schema says about owning and merging: which lists and maps are one field, and what the elements of the others
// are called. Built from the schema that validates, once for each part of it.

import type { Json, JsonSchema, SchemaDefinitions } from '@sheaf/api/meta'
import { resolveSchema } from '../schema/definition-at.ts'

export type ScalarType = 'string' | 'number' | 'boolean' | 'any'

export interface ListType {
  /** `atomic`: one field. `set`: each element is one. `map`: each element is found by its keys. */
  readonly relation: 'atomic' | 'set' | 'map'
  readonly keys: readonly string[]
  readonly item: FieldType
}

export interface MapType {
  readonly isAtomic: boolean
  /** The fields that the schema names. */
  readonly fields: ReadonlyMap<string, NamedField>
  /** What any other field is; undefined where there may be none. */
  readonly other: FieldType | undefined
}

export interface NamedField {
  readonly type: FieldType
  readonly default: Json | undefined
}

/** Of more than one form where the schema leaves the type open. */
export interface FieldType {
  readonly scalar?: ScalarType
  readonly list?: ListType
  readonly map?: MapType
}

/** A value nobody describes, in one piece. */
const untyped: FieldType = {
  scalar: 'any',
  get list(): ListType {
    return { relation: 'atomic', keys: [], item: untyped }
  },
  get map(): MapType {
    return { isAtomic: true, fields: noFields, other: untyped }
  },
}

const noFields: ReadonlyMap<string, NamedField> = new Map()
const deducedList: ListType = { relation: 'atomic', keys: [], item: untyped }

/** A value nobody describes, whose fields are told apart all the same. */
export const deduced: FieldType = {
  scalar: 'any',
  list: deducedList,
  get map(): MapType {
    return deducedMap
  },
}
const deducedMap: MapType = { isAtomic: false, fields: noFields, other: deduced }

/** A part of a schema, and what it inherits: below an object that keeps unknown fields every object keeps them. */
interface Part {
  schema: JsonSchema
  definitions: SchemaDefinitions
  keepsUnknown: boolean
}

type Cache = WeakMap<JsonSchema, FieldType>
const caches = new WeakMap<SchemaDefinitions, { plain: Cache; keeping: Cache }>()

export function fieldTypeOf(schema: JsonSchema | undefined, definitions: SchemaDefinitions): FieldType {
  return schema === undefined ? deduced : typeOfPart({ schema, definitions, keepsUnknown: false })
}

function typeOfPart(part: Part): FieldType {
  let cache = caches.get(part.definitions)
  if (cache === undefined) {
    cache = { plain: new WeakMap(), keeping: new WeakMap() }
    caches.set(part.definitions, cache)
  }
  const types = part.keepsUnknown ? cache.keeping : cache.plain
  let type = types.get(part.schema)
  if (type === undefined) {
    type = buildType(part)
    types.set(part.schema, type)
  }
  return type
}

function buildType({ schema: reference, definitions, keepsUnknown }: Part): FieldType {
  const schema = resolveSchema(reference, definitions)
  if (schema === undefined) return deduced
  const part = { schema, definitions, keepsUnknown: keepsUnknown || schema['x-kubernetes-preserve-unknown-fields'] === true }
  switch (schema.type) {
    case 'object':
      return { map: mapTypeOf(part) }
    case 'array':
      return { list: listTypeOf(part) }
    case 'integer':
    case 'number':
      return { scalar: 'number' }
    case 'boolean':
      return { scalar: 'boolean' }
    case 'string':
      return { scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'any' }
    default:
      return { scalar: 'any', list: listTypeOf(part), map: mapTypeOf(part) }
  }
}

/** The parts are built when they are asked for: a schema may contain itself. */
function listTypeOf(part: Part): ListType {
  const { items } = part.schema
  let item: FieldType | undefined
  return {
    relation: part.schema['x-kubernetes-list-type'] ?? 'atomic',
    keys: part.schema['x-kubernetes-list-map-keys'] ?? [],
    get item() {
      item ??= items === undefined ? untyped : typeOfPart({ ...part, schema: items })
      return item
    },
  }
}

function mapTypeOf(part: Part): MapType {
  const { properties = {} } = part.schema
  let fields: Map<string, NamedField> | undefined
  let other: FieldType | undefined
  let isOtherKnown = false
  return {
    isAtomic: part.schema['x-kubernetes-map-type'] === 'atomic',
    get fields() {
      fields ??= new Map(Object.entries(properties).map(([name, schema]) => [name, namedField(part, schema)]))
      return fields
    },
    get other() {
      if (!isOtherKnown) other = typeOfOther(part)
      isOtherKnown = true
      return other
    },
  }
}

function typeOfOther(part: Part): FieldType | undefined {
  const { properties = {}, additionalProperties } = part.schema
  if (typeof additionalProperties === 'object') return typeOfPart({ ...part, schema: additionalProperties })
  if (additionalProperties !== undefined) return additionalProperties ? deduced : undefined
  return part.keepsUnknown || Object.keys(properties).length === 0 ? deduced : undefined
}

function namedField(part: Part, schema: JsonSchema): NamedField {
  let type: FieldType | undefined
  return {
    get type() {
      type ??= typeOfPart({ ...part, schema })
      return type
    },
    default: resolveSchema(schema, part.definitions)?.default,
  }
}

/** What the schema says of a field of a map; undefined where there is no such field. */
export function typeOfField(map: MapType, name: string): FieldType | undefined {
  return map.fields.get(name)?.type ?? map.other
}

export type Form = { kind: 'map'; type: MapType } | { kind: 'scalar'; type: ScalarType } | { kind: 'list'; type: ListType }

/** Which of the forms of its type a value has. One of a wrong type is taken for what it should be. */
export function formOf(type: FieldType, value: Json | undefined): Form {
  const { scalar, list, map } = type
  if (Array.isArray(value)) {
    if (list !== undefined) return { kind: 'list', type: list }
  } else if (typeof value === 'object' && value !== null) {
    if (map !== undefined) return { kind: 'map', type: map }
  } else if (value !== undefined && value !== null && scalar !== undefined) return { kind: 'scalar', type: scalar }
  if (map !== undefined) return { kind: 'map', type: map }
  return list !== undefined && scalar === undefined ? { kind: 'list', type: list } : { kind: 'scalar', type: scalar ?? 'any' }
}
