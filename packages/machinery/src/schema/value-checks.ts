// What a schema says about one value, without looking into it. Texts as in Kubernetes: clients and tests match on them.

import {
  type FieldError,
  invalid,
  type Json,
  type JsonObject,
  type JsonSchema,
  notSupported,
  sameJson,
  tooLong,
  typeInvalid,
} from '@sheaf/api/meta'
import { formatCheck } from './formats.ts'
import { matchesPattern } from './pattern.ts'

type TypeName = NonNullable<JsonSchema['type']> | 'null'

/** `integer` for whole numbers, as they satisfy `number` too. */
function typeOf(value: Json): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as 'object' | 'string' | 'boolean'
}

export function checkType(schema: JsonSchema, value: Json, path: string): FieldError | undefined {
  const actual = typeOf(value)
  const allowed = allowedTypes(schema)
  if (allowed.length === 0 || allowed.includes(actual) || (actual === 'integer' && allowed.includes('number'))) return undefined
  return typeInvalid(path, actual, `${path} in body must be of type ${allowed.join(',')}: "${actual}"`)
}

const intOrString: readonly TypeName[] = ['integer', 'string']

function allowedTypes(schema: JsonSchema): readonly TypeName[] {
  if (schema['x-kubernetes-int-or-string'] === true) return intOrString
  return schema.type === undefined ? [] : [schema.type]
}

function tooMany(path: string, count: number, most: number): FieldError {
  return { type: 'FieldValueTooMany', field: path, message: `Too many: ${count}: must have at most ${most} items` }
}

/** Length of a list. */
export function checkLength(schema: JsonSchema, list: readonly Json[], path: string): FieldError | undefined {
  const { minItems, maxItems } = schema
  if (maxItems !== undefined && list.length > maxItems) return tooMany(path, list.length, maxItems)
  if (minItems !== undefined && list.length < minItems) {
    return invalid(path, list.length, `${path} in body should have at least ${minItems} items`)
  }
  return undefined
}

/** How many fields an object has. */
export function checkSize(schema: JsonSchema, object: JsonObject, path: string): FieldError | undefined {
  const { minProperties, maxProperties } = schema
  if (minProperties === undefined && maxProperties === undefined) return undefined
  const count = Object.keys(object).length
  if (maxProperties !== undefined && count > maxProperties) return tooMany(path, count, maxProperties)
  if (minProperties === undefined || count >= minProperties) return undefined
  return invalid(path, count, `${path} in body should have at least ${minProperties} properties`)
}

/** Whether the value is one of those that are listed. */
export function checkEnum(schema: JsonSchema, value: Json, path: string): FieldError | undefined {
  if (schema.enum === undefined || schema.enum.some((each) => each === value || sameJson(each, value))) return undefined
  const supported = schema.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  return notSupported(path, value, supported)
}

/** Value rules of a string, number or boolean whose type is right. */
export function checkScalar(schema: JsonSchema, value: Json, path: string): FieldError[] {
  const errors: FieldError[] = []
  const found = (error: FieldError | undefined): void => {
    if (error !== undefined) errors.push(error)
  }
  found(checkEnum(schema, value, path))
  if (typeof value === 'string') {
    found(checkText(schema, value, path))
    found(checkFormat(schema, value, path))
  }
  if (typeof value === 'number') found(checkRange(schema, value, path))
  return errors
}

function checkText(schema: JsonSchema, text: string, path: string): FieldError | undefined {
  const { minLength, maxLength, pattern } = schema
  if (minLength !== undefined || maxLength !== undefined) {
    const length = Array.from(text).length
    if (maxLength !== undefined && length > maxLength) return tooLong(path, `may not be more than ${maxLength} bytes`)
    if (minLength !== undefined && length < minLength) {
      return invalid(path, text, `${path} in body should be at least ${minLength} chars long`)
    }
  }
  if (pattern === undefined || matchesPattern(pattern, text)) return undefined
  return invalid(path, text, `${path} in body should match '${pattern}'`)
}

function checkFormat(schema: JsonSchema, text: string, path: string): FieldError | undefined {
  const isOfFormat = schema.format === undefined ? undefined : formatCheck(schema.format)
  if (isOfFormat === undefined || isOfFormat(text)) return undefined
  return typeInvalid(path, text, `${path} in body must be of type ${schema.format}: ${JSON.stringify(text)}`)
}

/** Exclusive upper bounds, because 2⁶³ is a double and 2⁶³ − 1 is not. */
const integerBounds: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 }

function checkRange(schema: JsonSchema, value: number, path: string): FieldError | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format } = schema
  const bound = format === undefined ? undefined : integerBounds[format]
  if (bound !== undefined && (value >= bound || value < -bound)) {
    return invalid(path, value, `Checked value must be of type integer with format ${format} in ${path}`)
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    return invalid(path, value, `${path} in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    return invalid(path, value, `${path} in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
  }
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    return invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`)
  }
  return undefined
}

/** Divided, because the remainder of 0.3 by 0.1 is not zero. */
function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor
  return Math.abs(quotient - Math.round(quotient)) < 1e-9
}
