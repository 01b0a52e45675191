import type { JsonSchema } from '@sheaf/api/meta'

/** Every schema in a schema, with its place in Kubernetes' notation; those in junctors too. */
export function visitSchemas(schema: JsonSchema, path: string, visit: (schema: JsonSchema, path: string) => void): void {
  const { properties = {}, items, additionalProperties, not, allOf = [], anyOf = [], oneOf = [] } = schema
  visit(schema, path)
  for (const [name, property] of Object.entries(properties)) visitSchemas(property, `${path}.properties[${name}]`, visit)
  if (items !== undefined) visitSchemas(items, `${path}.items`, visit)
  if (typeof additionalProperties === 'object') visitSchemas(additionalProperties, `${path}.additionalProperties`, visit)
  if (not !== undefined) visitSchemas(not, `${path}.not`, visit)
  for (const [word, junctor] of Object.entries({ allOf, anyOf, oneOf })) {
    for (const [index, each] of junctor.entries()) visitSchemas(each, `${path}.${word}[${index}]`, visit)
  }
}
