// What allOf, anyOf, oneOf and not say about a value. They only restrict: they neither prune nor fill in.

import { type FieldError, isJsonObject, type Json, type JsonSchema, required } from '@sheaf/api/meta'
import { checkEnum, checkLength, checkScalar, checkSize, checkType } from './value-checks.ts'

const nothing: readonly FieldError[] = []

/** `value` has the structure that the schema around the junctors asks for. */
export function junctorErrors(schema: JsonSchema, value: Json, path: string): readonly FieldError[] {
  const { allOf, anyOf, oneOf, not } = schema
  if (anyOf === undefined && oneOf === undefined && allOf === undefined && not === undefined) return nothing
  return [
    ...(anyOf === undefined ? [] : anyOfErrors(anyOf, value, path)),
    ...(oneOf === undefined ? [] : oneOfErrors(oneOf, value, path)),
    ...(allOf === undefined ? [] : allOfErrors(allOf, value, path)),
    ...(not !== undefined && violations(not, value, path).length === 0
      ? [ofNoField(`"${path}" must not validate the schema (not)`)]
      : []),
  ]
}

/** Kubernetes says of these that they are about no field, and names the field in the text. */
function ofNoField(text: string): FieldError {
  return { type: 'FieldValueInvalid', field: '<nil>', message: `Invalid value: "": ${text}` }
}

function anyOfErrors(alternatives: readonly JsonSchema[], value: Json, path: string): FieldError[] {
  const judged = alternatives.map((each) => violations(each, value, path))
  if (judged.some((errors) => errors.length === 0)) return []
  return [ofNoField(`"${path}" must validate at least one schema (anyOf)`), ...nearest(judged)]
}

function oneOfErrors(alternatives: readonly JsonSchema[], value: Json, path: string): FieldError[] {
  const judged = alternatives.map((each) => violations(each, value, path))
  const valid = judged.filter((errors) => errors.length === 0).length
  if (valid === 1) return []
  const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
  const told = ofNoField(`"${path}" must validate one and only one schema (oneOf). ${found}`)
  return [told, ...(valid === 0 ? nearest(judged) : [])]
}

function allOfErrors(all: readonly JsonSchema[], value: Json, path: string): FieldError[] {
  const judged = all.map((each) => violations(each, value, path))
  const failed = judged.filter((errors) => errors.length > 0)
  if (failed.length === 0) return []
  const none = failed.length === all.length ? '. None validated' : ''
  return [...failed.flat(), ofNoField(`"${path}" must validate all the schemas (allOf)${none}`)]
}

/** What the alternative says that is closest to being met: it is likely the one that was meant. */
function nearest(judged: readonly FieldError[][]): FieldError[] {
  return judged.toSorted((a, b) => a.length - b.length)[0] ?? []
}

/** All that a schema in a junctor has against a value. The value nests no deeper than the walk around it allows. */
function violations(schema: JsonSchema, value: Json, path: string): FieldError[] {
  const wrongType = checkType(schema, value, path)
  if (wrongType !== undefined) return [wrongType]
  const own =
    typeof value !== 'object' || value === null ? checkScalar(schema, value, path) : innerViolations(schema, value, path)
  return [...own, ...junctorErrors(schema, value, path)]
}

function innerViolations(schema: JsonSchema, value: Json[] | { [name: string]: Json | undefined }, path: string): FieldError[] {
  const errors: (FieldError | undefined)[] = [checkEnum(schema, value, path)]
  if (Array.isArray(value)) {
    const { items } = schema
    errors.push(checkLength(schema, value, path))
    if (items !== undefined) errors.push(...value.flatMap((item, index) => violations(items, item, `${path}[${index}]`)))
  }
  if (isJsonObject(value)) {
    const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
    errors.push(checkSize(schema, value, path))
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const inner = Object.hasOwn(value, name) ? value[name] : undefined
      if (inner !== undefined) errors.push(...violations(property, inner, below(name)))
    }
    for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) errors.push(required(below(name)))
  }
  return errors.filter((error) => error !== undefined)
}
