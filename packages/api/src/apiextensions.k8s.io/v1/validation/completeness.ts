// Every field that a junctor speaks of must be described outside of it, or it would be pruned. Pure.

import { type FieldError, type JsonSchema, required } from '../../../meta/index.ts'

export function completenessErrors(schema: JsonSchema, path: string): FieldError[] {
  return junctorsOf(schema, path).flatMap(([nested, at]) => nestedErrors(nested, schema, path, at))
}

function junctorsOf({ not, allOf = [], anyOf = [], oneOf = [] }: JsonSchema, path: string): [JsonSchema, string][] {
  return [
    ...(not === undefined ? [] : [[not, `${path}.not`] satisfies [JsonSchema, string]]),
    ...Object.entries({ allOf, anyOf, oneOf }).flatMap(([word, schemas]) =>
      schemas.map((each, index): [JsonSchema, string] => [each, `${path}.${word}[${index}]`]),
    ),
  ]
}

function nestedErrors(nested: JsonSchema, outside: JsonSchema | undefined, path: string, at: string): FieldError[] {
  if (outside === undefined) return [required(path, `because it is defined in ${at}`)]
  const { items, properties = {} } = nested
  return [
    ...junctorsOf(nested, at).flatMap(([deeper, where]) => nestedErrors(deeper, outside, path, where)),
    ...(items === undefined ? [] : nestedErrors(items, outside.items, `${path}.items`, `${at}.items`)),
    ...Object.entries(properties).flatMap(([name, each]) =>
      nestedErrors(each, ownProperty(outside, name), `${path}.properties[${name}]`, `${at}.properties[${name}]`),
    ),
  ]
}

function ownProperty({ properties = {} }: JsonSchema, name: string): JsonSchema | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}
