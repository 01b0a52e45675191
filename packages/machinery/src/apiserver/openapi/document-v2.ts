// OpenAPI v2 (Swagger): kubectl before 1.29 cannot create or apply anything without it, and Terraform reads it as JSON.

import type { Json, JsonSchema } from '@sheaf/api/meta'
import { type GroupVersionKind, mapSchema, type PublishedDefinitions, type PublishedSchema, reachable } from './definitions.ts'
import { refTo } from '../../schema/object-meta-schema.ts'
import type { Method, Operation } from './operations.ts'

export type V2Parameter =
  | { name: 'body'; in: 'body'; required: boolean; schema: JsonSchema }
  | { name: string; in: 'path' | 'query'; type: string; description: string; required?: true }

export interface V2Operation {
  operationId: string
  consumes: readonly string[]
  produces: readonly string[]
  parameters: readonly V2Parameter[]
  responses: Record<string, { description: string; schema?: JsonSchema }>
  'x-kubernetes-action': string
  'x-kubernetes-group-version-kind': GroupVersionKind
}

export interface V2Document {
  swagger: '2.0'
  info: { title: string; version: string }
  paths: Record<string, Partial<Record<Method, V2Operation>>>
  definitions: Record<string, PublishedSchema>
}

export function documentV2(version: string, operations: readonly Operation[], definitions: PublishedDefinitions): V2Document {
  const used = reachable(namesIn(operations), definitions)
  const schemas = Object.entries(used).map(([name, schema]) => [name, mapSchema<PublishedSchema>(schema, schemaV2)])
  const paths: V2Document['paths'] = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationV2(operation) }
  }
  return { swagger: '2.0', info: { title: 'Kubernetes', version }, paths, definitions: Object.fromEntries(schemas) }
}

/** The definitions that operations take and give. */
export function namesIn(operations: readonly Operation[]): Set<string> {
  return new Set(operations.flatMap(({ body, response }) => [body, response].filter((name) => name !== undefined)))
}

function operationV2(operation: Operation): V2Operation {
  const { id, action, body, response, groupVersionKind, contentTypes, method } = operation
  const parameters = operation.parameters.map((each): V2Parameter => (each.in === 'path' ? { ...each, required: true } : each))
  if (body !== undefined) parameters.push({ name: 'body', in: 'body', required: method !== 'delete', schema: refTo(body) })
  const ok = response === undefined ? { description: 'OK' } : { description: 'OK', schema: refTo(response) }
  return {
    operationId: id,
    consumes: contentTypes,
    produces: ['application/json'],
    parameters,
    responses: { 200: ok },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': groupVersionKind,
  }
}

/** What v2 can say. Value rules are left to the server, as Kubernetes does for custom resources. */
const keptInV2: ReadonlySet<string> = new Set([
  '$ref',
  'description',
  'type',
  'format',
  'required',
  'enum',
  'default',
  'x-kubernetes-group-version-kind',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
])

/** v2 has no nullable: a value without a type is the only one that may be null. */
const droppedWhenNullable: ReadonlySet<string> = new Set(['type', 'format', 'required', 'enum'])

function schemaV2(schema: JsonSchema, inner: { properties?: Record<string, JsonSchema> }): PublishedSchema {
  const kept = Object.entries(schema).filter(
    ([key]) => keptInV2.has(key) && !(schema.nullable === true && droppedWhenNullable.has(key)),
  )
  const own: Record<string, Json> = Object.fromEntries(kept)
  if (schema.nullable === true) return own
  // Old clients refuse a document in which a list has no items.
  return { ...own, ...(schema.type === 'array' ? { items: {} } : {}), ...inner }
}
