// How Go prints the type of a JSON value, and a value in the wrapper that Kubernetes' own code has around it.

import { goPlain, goSyntax, type Json } from '@sheaf/api/meta'

/** `%T` */
export function goType(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    default:
      return 'map[string]interface {}'
  }
}

/** `%#v` of the value in its wrapper. */
export function goValue(value: Json): string {
  return `&value.valueUnstructured{Value:${goSyntax(value)}}`
}

/** `%v` of the value in its wrapper. */
export function goText(value: Json): string {
  return `&{${goPlain(value)}}`
}
