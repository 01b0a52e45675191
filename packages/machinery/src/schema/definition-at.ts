// Finds the schema of a part of an object, following references.

import type { JsonSchema, SchemaDefinitions } from '@sheaf/api/meta'

/** No sensible schema refers to a reference more than twice in a row; more than this is a circle. */
const maxReferences = 8

/** The schema that speaks for itself: `$ref`s followed, with what stands beside a `$ref` winning over what it leads to. */
export function resolveSchema(schema: JsonSchema | undefined, definitions: SchemaDefinitions): JsonSchema | undefined {
  let current = schema
  for (let followed = 0; current?.$ref !== undefined; followed++) {
    if (followed === maxReferences) return undefined
    const { $ref, ...beside } = current
    const target = definitions[definitionName($ref)]
    if (target === undefined) return undefined
    current = Object.keys(beside).length === 0 ? target : { ...target, ...beside }
  }
  return current
}

/** `#/definitions/io.k8s.api.core.v1.ConfigMap` → `io.k8s.api.core.v1.ConfigMap` */
export function definitionName(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}

/** What is said of the field `name` of an object: as one of its properties, or as any key of a map. */
export function propertySchema(
  schema: JsonSchema | undefined,
  definitions: SchemaDefinitions,
  name: string,
): JsonSchema | undefined {
  const owner = resolveSchema(schema, definitions)
  if (owner?.properties !== undefined && Object.hasOwn(owner.properties, name)) {
    return resolveSchema(owner.properties[name], definitions)
  }
  return typeof owner?.additionalProperties === 'object' ? resolveSchema(owner.additionalProperties, definitions) : undefined
}

/** What is said of each element of a list. */
export function itemSchema(schema: JsonSchema | undefined, definitions: SchemaDefinitions): JsonSchema | undefined {
  return resolveSchema(resolveSchema(schema, definitions)?.items, definitions)
}
