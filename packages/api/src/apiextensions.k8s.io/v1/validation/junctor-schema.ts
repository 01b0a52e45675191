// What may stand in allOf, anyOf, oneOf and not. Pure.

import { type FieldError, forbidden, type JsonSchema, sameJson } from '../../../meta/index.ts'

/** Says of an integer or a string that it is one: the only types that a junctor may name. */
const intOrString: JsonSchema[] = [{ type: 'integer' }, { type: 'string' }]

export function junctorSchemaErrors(schema: JsonSchema, path: string): FieldError[] {
  const isIntOrString = sameJson(schema.anyOf, intOrString)
  const firstIsIntOrString = sameJson(schema.allOf?.[0]?.anyOf, intOrString)
  return [
    ...(isIntOrString ? [] : eachErrors(schema.anyOf, `${path}.anyOf`)),
    ...eachErrors(schema.allOf, `${path}.allOf`, firstIsIntOrString),
    ...eachErrors(schema.oneOf, `${path}.oneOf`),
    ...(schema.not === undefined ? [] : nestedErrors(schema.not, `${path}.not`, false)),
  ]
}

function eachErrors(schemas: readonly JsonSchema[] | undefined, path: string, firstIsIntOrString = false): FieldError[] {
  return (schemas ?? []).flatMap((each, index) => nestedErrors(each, `${path}[${index}]`, firstIsIntOrString && index === 0))
}

/** Words that say what a value is made of, and how a refusal of each one ends. */
const structure: readonly (readonly [word: keyof JsonSchema, why: string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function nestedErrors(schema: JsonSchema, path: string, isIntOrString: boolean): FieldError[] {
  const stray = structure.filter(([word]) => schema[word] !== undefined && schema[word] !== false && schema[word] !== '')
  const { properties = {}, items } = schema
  const { anyOf: _skipped, ...withoutAnyOf } = schema
  return [
    ...junctorSchemaErrors(isIntOrString ? withoutAnyOf : schema, path),
    ...stray.map(([word, why]) => forbidden(`${path}.${word}`, why)),
    ...(Object.hasOwn(properties, 'metadata')
      ? [forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context')]
      : []),
    ...(items === undefined ? [] : nestedErrors(items, `${path}.items`, false)),
    ...Object.entries(properties).flatMap(([name, each]) => nestedErrors(each, `${path}.properties[${name}]`, false)),
  ]
}
