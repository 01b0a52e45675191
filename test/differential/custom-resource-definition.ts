// One of our schemas as a custom resource definition for another server: without references, and without what only
// built-in Kinds have.

import type { Json, JsonSchema, ScalePaths, SchemaDefinitions } from '@sheaf/api/meta'

interface CustomResource {
  group: string
  version: string
  kind: string
  listKind: string
  plural: string
  singular: string
  schema: JsonSchema
  scale?: ScalePaths
}

export function customResourceDefinition(resource: CustomResource, definitions: SchemaDefinitions): Json {
  const { group, version, kind, listKind, plural, singular, schema, scale } = resource
  const { apiVersion: _a, kind: _k, metadata: _m, ...own } = inlined(schema, definitions).properties ?? {}
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind, plural, singular },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: own as unknown as Json } },
          subresources: { status: {}, ...(scale === undefined ? {} : { scale: { ...scale } }) },
        },
      ],
    },
  }
}

/** Unknown to custom resources. */
const forBuiltIns = ['x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key', 'description'] as const

function inlined(schema: JsonSchema, definitions: SchemaDefinitions): JsonSchema {
  const { $ref, ...beside } = schema
  const target = $ref === undefined ? {} : (definitions[$ref.slice($ref.lastIndexOf('/') + 1)] ?? {})
  const both: JsonSchema = { ...target, ...beside }
  if (both.$ref !== undefined) return inlined(both, definitions)
  for (const name of forBuiltIns) delete both[name]
  const { properties, items, additionalProperties } = both
  return {
    ...both,
    ...(properties === undefined ? {} : { properties: mapValues(properties, (each) => inlined(each, definitions)) }),
    ...(items === undefined ? {} : { items: inlined(items, definitions) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: inlined(additionalProperties, definitions) } : {}),
  }
}

function mapValues(record: Record<string, JsonSchema>, change: (value: JsonSchema) => JsonSchema): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
