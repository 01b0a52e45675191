// What an expression may know of the value that it is about: the type that the schema declares, and how much of it there may
// be in one request. Sizes are Kubernetes' estimates, so that an expression costs here what it costs there. Pure.

import type { Json, JsonSchema } from '@sheaf/api/meta'

type SimpleKind =
  | 'dyn'
  | 'null_type'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'type'
type LibraryKind = 'quantity' | 'url' | 'ip' | 'cidr' | 'semver' | 'format'

/** `most` is how many elements, entries or bytes there may be; absent where that is not known. */
export type CelType =
  | { kind: SimpleKind | LibraryKind; most?: number }
  | { kind: 'list'; of: CelType; most?: number }
  | { kind: 'map'; key: CelType; of: CelType; most?: number }
  | { kind: 'object'; fields: ReadonlyMap<string, CelType>; name: string; most?: number }
  | { kind: 'optional'; of: CelType; most?: number }
  /** Stands for any one type in a signature. */
  | { kind: 'parameter'; name: string; most?: number }

export const dyn: CelType = { kind: 'dyn' }

/** As large as kube-apiserver lets a request be, from which it reckons what can be in it. */
const maxRequestBytes = 3 * 1024 * 1024

/** Undefined for a value whose schema says nothing of what it is: no expression can look into it. */
export function declaredType(schema: JsonSchema, { isResource = false, name = 'selfType' } = {}): CelType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return { kind: 'dyn', most: maxRequestBytes - 2 }
  switch (schema.type) {
    case 'array':
      return listOf(schema, name)
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? mapOf(schema, schema.additionalProperties, name)
        : objectOf(schema, isResource || schema['x-kubernetes-embedded-resource'] === true, name)
    case 'string':
      return textOf(schema)
    case 'integer':
      return { kind: 'int' }
    case 'number':
      return { kind: 'double' }
    case 'boolean':
      return { kind: 'bool' }
    case undefined:
      return undefined
  }
}

function listOf({ items, maxItems }: JsonSchema, name: string): CelType | undefined {
  const of = items === undefined ? undefined : declaredType(items, { name: `${name}.@idx` })
  if (of === undefined || items === undefined) return undefined
  return { kind: 'list', of, most: maxItems ?? Math.floor((maxRequestBytes - 2) / (leastBytes(items) + 1)) + 1 }
}

function mapOf({ maxProperties }: JsonSchema, values: JsonSchema, name: string): CelType | undefined {
  const of = declaredType(values, { name: `${name}.@elem` })
  if (of === undefined) return undefined
  // Each entry has at least a quoted key of one letter, a colon and a comma beside its value.
  const most = maxProperties ?? Math.floor((maxRequestBytes - 2) / (leastBytes(values) + 6))
  return { kind: 'map', key: { kind: 'string', most: maxRequestBytes - 2 }, of, most }
}

const namesOnly: JsonSchema = { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } }
const resourceFields: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: namesOnly,
}

function objectOf({ properties = {} }: JsonSchema, isResource: boolean, name: string): CelType {
  const fields = new Map<string, CelType>()
  for (const [property, schema] of Object.entries(isResource ? { ...properties, ...resourceFields } : properties)) {
    const escaped = escapedName(property)
    const type = escaped === undefined ? undefined : declaredType(schema, { name: `${name}.${property}` })
    if (escaped !== undefined && type !== undefined) fields.set(escaped, type)
  }
  return { kind: 'object', fields, name }
}

/** Bytes of the longest text of a format, where it has one. */
const formatBytes: Readonly<Record<string, number>> = { duration: 32, date: 12, 'date-time': 34 }

function textOf({ format = '', maxLength, enum: values }: JsonSchema): CelType {
  // A letter may take four bytes.
  const most = enumBytes(values) ?? (maxLength === undefined ? maxRequestBytes - 2 : maxLength * 4)
  switch (format) {
    case 'byte':
      return { kind: 'bytes', most: maxLength ?? maxRequestBytes - 2 }
    case 'duration':
      return { kind: 'duration', most: formatBytes.duration! }
    case 'date':
    case 'date-time':
      return { kind: 'timestamp', most: formatBytes[format]! }
    default:
      return { kind: 'string', most }
  }
}

function enumBytes(values: readonly Json[] | undefined): number | undefined {
  const texts = values?.filter((value) => typeof value === 'string') ?? []
  return texts.length === 0 ? undefined : Math.max(...texts.map((text) => text.length))
}

/** Bytes that any value of the schema takes at least. */
export function leastBytes({ type, properties = {}, required = [] }: JsonSchema): number {
  switch (type) {
    case 'object':
      return required.reduce((sum, name) => {
        const property = Object.hasOwn(properties, name) ? properties[name] : undefined
        // Its name in quotes, a colon, and a comma before it.
        return property === undefined || property.default !== undefined ? sum : sum + name.length + 4 + leastBytes(property)
      }, 2)
    case 'array':
    case 'string':
      return 2
    case 'boolean':
      return 4
    default:
      return 1
  }
}

/** How many values of a schema there may be in one request, below lists and maps without a bound. */
export function mostInRequest(schema: JsonSchema): number {
  return Math.floor(maxRequestBytes / (leastBytes(schema) + 1))
}

const keywords: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
])

/** How an expression names a property that is no word of the language; undefined for one that it cannot name. */
export function escapedName(property: string): string | undefined {
  if (keywords.has(property)) return `__${property}__`
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(property)) return undefined
  return property
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__')
}
