// Which deprecated fields a request itself brings, whatever is stored: the body of a create or update, or a patch.

import { isJsonObject, type Json } from '../meta/json.ts'
import { type Deprecation, findDeprecations } from './find-deprecations.ts'
import { type JsonPath, pathText } from './json-path.ts'

export interface SentBody {
  form: 'object' | 'apply' | 'json' | 'merge' | 'strategic'
  value: Json
}

/** `apiVersion` and `kind` are those of the path: a patch does not repeat them. */
export function sentDeprecations({ form, value }: SentBody, target: { apiVersion: string; kind: string }): Deprecation[] {
  const parts = form === 'json' ? writtenBy(value) : [value]
  return parts.flatMap((part) => (isJsonObject(part) ? findDeprecations({ ...part, ...target }) : []))
}

/** Where a field stands in every object of its Kind: `spec.dataVolumeTemplates.*.kind`. */
export function fieldText(path: JsonPath): string {
  return pathText(path.map((segment) => (typeof segment === 'number' ? '*' : segment)))
}

/** What the operations of a JSON patch write, each as the smallest object around it. `copy` and `move` bring nothing new. */
function writtenBy(patch: Json): Json[] {
  if (!Array.isArray(patch)) return []
  return patch.flatMap((operation) => {
    if (!isJsonObject(operation) || (operation['op'] !== 'add' && operation['op'] !== 'replace')) return []
    const { path, value } = operation
    return typeof path === 'string' && value !== undefined ? [around(value, path.split('/').slice(1))] : []
  })
}

function around(value: Json, [segment, ...rest]: readonly string[]): Json {
  if (segment === undefined) return value
  const inner = around(value, rest)
  // An index says that a list is there, wherever in it.
  if (/^(\d+|-)$/.test(segment)) return [inner]
  return { [segment.replaceAll('~1', '/').replaceAll('~0', '~')]: inner }
}
