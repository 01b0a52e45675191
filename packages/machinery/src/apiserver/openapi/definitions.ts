// The schemas that are published: those of the served Kinds with what they refer to, and of their lists.

import { apiVersionOf, type JsonSchema, type ResourceDefinition, type SchemaDefinitions } from '@sheaf/api/meta'
import { definitionName } from '../../schema/definition-at.ts'
import { apiVersionField, kindField, refTo } from '../../schema/object-meta-schema.ts'
import { metaDefinitions, metaNames } from './meta-definitions.ts'

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface PublishedSchema extends JsonSchema {
  'x-kubernetes-group-version-kind'?: GroupVersionKind[]
}

export type PublishedDefinitions = Readonly<Record<string, PublishedSchema>>

export const listSchemaName = ({ schemaName, kind, listKind }: ResourceDefinition): string =>
  schemaName.endsWith(kind) ? `${schemaName.slice(0, -kind.length)}${listKind}` : `${schemaName}List`

/** Every schema that may be published, by name. */
export function publishedDefinitions(
  definitions: readonly ResourceDefinition[],
  schemas: SchemaDefinitions,
): PublishedDefinitions {
  const published: Record<string, PublishedSchema> = { ...metaDefinitions, ...schemas }
  for (const definition of definitions) {
    const { group, version, kind, listKind, schemaName } = definition
    const before = published[schemaName]?.['x-kubernetes-group-version-kind'] ?? []
    published[schemaName] = {
      ...objectSchema(definition, schemas[schemaName]),
      'x-kubernetes-group-version-kind': [...before, { group, version, kind }],
    }
    published[listSchemaName(definition)] = {
      ...listSchema(definition),
      'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
    }
  }
  return published
}

/** A Kind's schema with the fields of every object. Without a schema all fields are accepted, and that is told. */
function objectSchema({ kind }: ResourceDefinition, schema: JsonSchema | undefined): JsonSchema {
  const given = schema ?? { description: kind, 'x-kubernetes-preserve-unknown-fields': true }
  const { apiVersion = apiVersionField, kind: kindOfObject = kindField, metadata, ...rest } = given.properties ?? {}
  const top = { apiVersion, kind: kindOfObject, metadata: metadata?.$ref === undefined ? refTo(metaNames.objectMeta) : metadata }
  return { ...given, type: 'object', properties: { ...top, ...rest } }
}

function listSchema(definition: ResourceDefinition): JsonSchema {
  return {
    type: 'object',
    description: `A list of ${definition.kind} objects in ${apiVersionOf(definition)}.`,
    required: ['items'],
    properties: {
      apiVersion: apiVersionField,
      kind: kindField,
      metadata: refTo(metaNames.listMeta),
      items: { type: 'array', description: 'The objects.', items: refTo(definition.schemaName) },
    },
  }
}

/** The schemas named in `roots` and all they refer to, sorted by name. */
export function reachable(roots: Iterable<string>, definitions: PublishedDefinitions): PublishedDefinitions {
  const found = new Map<string, PublishedSchema>()
  const waiting = [...roots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    const schema = definitions[name]
    if (schema === undefined) throw new Error(`the schemas refer to ${name}, which is not among them`)
    found.set(name, schema)
    visitSchemas(schema, ({ $ref }) => {
      if ($ref !== undefined) waiting.push(definitionName($ref))
    })
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function visitSchemas(schema: JsonSchema, visit: (schema: JsonSchema) => void): void {
  visit(schema)
  for (const property of Object.values(schema.properties ?? {})) visitSchemas(property, visit)
  if (schema.items !== undefined) visitSchemas(schema.items, visit)
  if (typeof schema.additionalProperties === 'object') visitSchemas(schema.additionalProperties, visit)
}

/** The same schema with `change` made to it and to every schema in it, innermost first. */
export function mapSchema<S>(schema: JsonSchema, change: (schema: JsonSchema, inner: InnerSchemas<S>) => S): S {
  const inner: InnerSchemas<S> = {}
  if (schema.properties !== undefined) {
    const properties = Object.entries(schema.properties).map(([name, each]) => [name, mapSchema(each, change)] as const)
    inner.properties = Object.fromEntries(properties)
  }
  if (schema.items !== undefined) inner.items = mapSchema(schema.items, change)
  if (typeof schema.additionalProperties === 'object') {
    inner.additionalProperties = mapSchema(schema.additionalProperties, change)
  }
  return change(schema, inner)
}

export interface InnerSchemas<S> {
  properties?: Record<string, S>
  items?: S
  additionalProperties?: S
}
