// Looks through an object, or a list of them, for what the rules name.

import { isJsonObject, type Json, type JsonObject } from '../meta/json.ts'
import type { DeprecationRule, Severity } from './deprecation-rule.ts'
import { deprecationRules } from './deprecation-rules.ts'
import { deprecationMessage } from './deprecation-message.ts'
import type { JsonPath } from './json-path.ts'
import { clashOf, type Occurrence, planRewrite, type Rewrite } from './plan-rewrite.ts'

export interface Deprecation {
  rule: DeprecationRule
  path: JsonPath
  value: Json
  /** The rule's, or `refused` where it stands beside what replaces it. */
  severity: Severity
  /** The server's words, or ours where it is silent. */
  message: string
  /** Whose field it is. */
  object: { apiVersion: string; kind: string; namespace?: string; name: string }
  rewrite: Rewrite
}

/** What is deprecated in an object, in the order of the rules; in a `List`, item by item. */
export function findDeprecations(object: unknown): Deprecation[] {
  return objectsIn(object as Json, []).flatMap(findInObject)
}

/** The server's warnings for an object that it takes, each text once. */
export function deprecationWarnings(object: unknown): string[] {
  const warned = findDeprecations(object).filter(({ rule, severity }) => severity === 'warned' && rule.says !== undefined)
  return [...new Set(warned.map(({ message }) => message))]
}

interface FoundObject {
  object: JsonObject
  apiVersion: string
  kind: string
  path: JsonPath
}

function objectsIn(value: Json, path: JsonPath, owner?: FoundObject): FoundObject[] {
  if (!isJsonObject(value)) return []
  // Items of a typed list may leave out what their list says.
  const apiVersion = textOf(value['apiVersion']) || (owner?.apiVersion ?? '')
  const kind = textOf(value['kind']) || (owner?.kind.replace(/List$/, '') ?? '')
  const found = { object: value, apiVersion, kind, path }
  const { items } = value
  if (!kind.endsWith('List') || !Array.isArray(items)) return [found]
  return items.flatMap((item, index) => objectsIn(item, [...path, 'items', index], found))
}

function findInObject(found: FoundObject): Deprecation[] {
  const group = found.apiVersion.includes('/') ? found.apiVersion.slice(0, found.apiVersion.indexOf('/')) : ''
  return (patternsByKind.get(`${found.kind}.${group}`) ?? []).flatMap(({ rule, pattern }) =>
    occurrences(found.object, pattern, found.path, null)
      .filter(({ value }) => concerns(rule, value))
      .map((occurrence) => describe(rule, occurrence, found)),
  )
}

interface Pattern {
  rule: DeprecationRule
  pattern: readonly string[]
}

/** Most Kinds have nothing that is deprecated, and every write is looked at. */
const patternsByKind: ReadonlyMap<string, readonly Pattern[]> = Map.groupBy(
  deprecationRules.flatMap((rule) =>
    rule.places.flatMap(({ group, kinds, path }) =>
      kinds.map((kind) => ({ name: `${kind}.${group}`, rule, pattern: [...path, ...rule.path] })),
    ),
  ),
  ({ name }) => name,
)

function occurrences(value: Json | undefined, pattern: readonly string[], path: JsonPath, parent: Json): Occurrence[] {
  if (value === undefined || value === null) return []
  const [segment, ...rest] = pattern
  if (segment === undefined) return [{ path, value, parent }]
  if (segment === '*') {
    return Array.isArray(value) ? value.flatMap((item, index) => occurrences(item, rest, [...path, index], value)) : []
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, segment)) return []
  return occurrences(value[segment], rest, [...path, segment], value)
}

function concerns({ values, rewrite }: DeprecationRule, value: Json): boolean {
  if (rewrite.certainty === 'certain' && rewrite.edit === 'replace')
    return typeof value === 'string' && Object.hasOwn(rewrite.values, value)
  return values === undefined || values.includes(value)
}

function describe(rule: DeprecationRule, occurrence: Occurrence, found: FoundObject): Deprecation {
  const { apiVersion, kind, object, path: root } = found
  const { path, value, parent } = occurrence
  const clash = clashOf(rule.rewrite, parent)
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
  const namespace = textOf(metadata['namespace'])
  const name = textOf(metadata['name']) || textOf(metadata['generateName'])
  return {
    rule,
    path,
    value,
    severity: clash === undefined ? rule.severity : 'refused',
    message: clash?.says ?? deprecationMessage(rule, { path: path.slice(root.length), value, apiVersion }),
    object: { apiVersion, kind, ...(namespace === '' ? {} : { namespace }), name },
    rewrite: planRewrite(rule, occurrence),
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
