// Whether the defaults of a schema are values that it would take.

import { type FieldError, invalid, type Json, type JsonSchema } from '@sheaf/api/meta'
import { checkStructure } from './structural.ts'
import { visitSchemas } from './visit-schemas.ts'

export function defaultFindings(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  visitSchemas(schema, path, (each, at) => {
    if (each.default !== undefined) errors.push(...oneFindings(each, each.default, `${at}.default`))
  })
  return errors
}

/** The default is looked at as the only field of an object: by itself it may be a number. */
function oneFindings({ default: _default, ...schema }: JsonSchema, value: Json, path: string): FieldError[] {
  const holder = { value: structuredClone(value) }
  const around: JsonSchema = { type: 'object', properties: { value: schema }, required: ['value'] }
  const { unknownFields, errors } = checkStructure(around, {}, holder)
  const pruned = unknownFields.length === 0 ? [] : [invalid(path, value, 'must not have unknown fields')]
  return [...pruned, ...errors.map((error) => relocated(error, path))]
}

function relocated({ type, field, message }: FieldError, path: string): FieldError {
  const place = (text: string): string => (text === 'value' || /^value[.[]/.test(text) ? path + text.slice('value'.length) : text)
  return { type, field: place(field), message: message.replaceAll(/(?<=: )value(?=[.[ ])[^ ]*(?= in body)/g, place) }
}
