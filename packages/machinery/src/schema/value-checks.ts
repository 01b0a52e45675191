// What a schema says about one value, without looking into it. Texts as in Kubernetes: clients and tests match on them.

import { type FieldError, invalid, type Json, type JsonSchema, notSupported, tooLong, typeInvalid } from '@sheaf/api/meta'
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

/** Length of a list. */
export function checkLength(schema: JsonSchema, list: readonly Json[], path: string): FieldError | undefined {
  const { minItems, maxItems } = schema
  if (maxItems !== undefined && list.length > maxItems) {
    const message = `Too many: ${list.length}: must have at most ${maxItems} items`
    return { type: 'FieldValueTooMany', field: path, message }
  }
  if (minItems !== undefined && list.length < minItems) {
    return invalid(path, list.length, `${path} in body should have at least ${minItems} items`)
  }
  return undefined
}

/** Value rules of a string, number or boolean whose type is right. */
export function checkScalar(schema: JsonSchema, value: Json, path: string): FieldError[] {
  const errors: (FieldError | undefined)[] = []
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const supported = schema.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
    errors.push(notSupported(path, value, supported))
  }
  if (typeof value === 'string') errors.push(checkText(schema, value, path), checkFormat(schema, value, path))
  if (typeof value === 'number') errors.push(checkRange(schema, value, path))
  return errors.filter((error) => error !== undefined)
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

const rfc3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Formats without an entry are descriptions only, as in Kubernetes. */
const formats: Readonly<Record<string, RegExp>> = { 'date-time': rfc3339, byte: base64 }

function checkFormat(schema: JsonSchema, text: string, path: string): FieldError | undefined {
  const shape = schema.format === undefined ? undefined : formats[schema.format]
  if (shape === undefined || shape.test(text)) return undefined
  return typeInvalid(path, text, `${path} in body must be of type ${schema.format}: ${JSON.stringify(text)}`)
}

/** Exclusive upper bounds, because 2⁶³ is a double and 2⁶³ − 1 is not. */
const integerBounds: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 }

function checkRange(schema: JsonSchema, value: number, path: string): FieldError | undefined {
  const { minimum, maximum, format } = schema
  const bound = format === undefined ? undefined : integerBounds[format]
  if (bound !== undefined && (value >= bound || value < -bound)) {
    return invalid(path, value, `Checked value must be of type integer with format ${format} in ${path}`)
  }
  if (maximum !== undefined && value > maximum) {
    return invalid(path, value, `${path} in body should be less than or equal to ${maximum}`)
  }
  if (minimum !== undefined && value < minimum) {
    return invalid(path, value, `${path} in body should be greater than or equal to ${minimum}`)
  }
  return undefined
}
