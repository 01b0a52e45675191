// What is wrong with a field, and how Kubernetes words it.

import { goQuoted, goSyntax } from './go-syntax.ts'
import type { Json } from './json.ts'

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotFound'

export interface FieldError {
  type: FieldErrorType
  /** `spec.template.spec.volumes[0].name` */
  field: string
  /** The text without the field's path, such as `Invalid value: "x": must be lower case`. */
  message: string
}

/** Numbers and booleans plain, nothing as the word `null`, everything else as Go writes it. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  // Whoever refuses a value has it from JSON.
  return value === null || value === undefined ? goQuoted('null') : goSyntax(value as Json)
}

export const required = (field: string, detail = ''): FieldError => ({
  type: 'FieldValueRequired',
  field,
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
})

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${shown(value)}: ${detail}`,
})

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  message: `Invalid value: ${shown(value)}: ${detail}`,
})

export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${shown(value)}`,
})

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((each) => `"${each}"`).join(', ')}`,
})

export const forbidden = (field: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${detail}`,
})

export const tooLong = (field: string, detail: string): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  message: `Too long: ${detail}`,
})

export const tooMany = (field: string, count: number, most: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  message: `Too many: ${count}: must have at most ${most} items`,
})

/** `spec.runStrategy: Invalid value: "x": …` */
export function fieldErrorText(error: FieldError): string {
  return error.field === '' ? error.message : `${error.field}: ${error.message}`
}
