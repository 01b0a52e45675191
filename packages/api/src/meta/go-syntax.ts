// How Go prints a JSON value: Kubernetes' messages contain such values, and clients and tests match on the messages.

import type { Json } from './json.ts'

/** `%q`: as JSON quotes a text, but for some of the control characters. */
export function goQuoted(text: string): string {
  return JSON.stringify(text).replace(/\\(u00[01][0-9a-f]|.)/g, (escape, which: string) => {
    if (which === 'u0007') return '\\a'
    if (which === 'u000b') return '\\v'
    return which.startsWith('u00') ? `\\x${which.slice(3)}` : escape
  })
}

/** `%#v` */
export function goSyntax(value: Json | undefined): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (typeof value !== 'object') return typeof value === 'string' ? goQuoted(value) : String(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[string]interface {}{${members.map(([name, member]) => `${goQuoted(name)}:${goSyntax(member)}`).join(', ')}}`
}

/** `%v` */
export function goPlain(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${members.map(([name, member]) => `${name}:${goPlain(member)}`).join(' ')}]`
}

/** `%T` */
export function goType(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return Number.isInteger(value) ? 'int64' : 'float64'
}
