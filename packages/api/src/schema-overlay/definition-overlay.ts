// What we say about a definition that the generated types do not: the form of an overlay, and its few words.

import type { JsonSchema } from '../meta/schema.ts'

export interface DefinitionOverlay {
  /** What the types spell otherwise than the API: types' name → API's name. */
  respelled?: Readonly<Record<string, string>>
  /** Properties that the types lack. */
  missing?: Readonly<Record<string, JsonSchema>>
  /** What is added to properties that exist. A patch that names a `type` takes the place of a reference. */
  properties?: Readonly<Record<string, JsonSchema>>
  /** Properties that hold any value, whatever the types make of it. */
  free?: readonly string[]
  /** Takes the place of the types' list of required properties. */
  required?: readonly string[]
  mapType?: 'atomic'
  nullable?: true
  /** Unknown fields are stored, not pruned. */
  keepsUnknown?: true
}

/** Overlays by schema name. */
export type SchemaOverlay = Readonly<Record<string, DefinitionOverlay>>

export const number: JsonSchema = { type: 'number', format: 'double' }
export const int32: JsonSchema = { type: 'integer', format: 'int32' }

/** How Kubernetes spells a number with a unit; the API takes plain numbers too. */
const quantityPattern = String.raw`^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`

export const quantity: JsonSchema = { 'x-kubernetes-int-or-string': true, pattern: quantityPattern }
export const intOrString: JsonSchema = { 'x-kubernetes-int-or-string': true }
export const quantityMap: JsonSchema = { type: 'object', additionalProperties: quantity }
export const time: JsonSchema = { type: 'string', format: 'date-time' }
export const nullableTime: JsonSchema = { ...time, nullable: true }
export const anything: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** A list whose elements have a name of their own. */
export function mapList(...keys: readonly string[]): JsonSchema {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [...keys] }
}
export const setList: JsonSchema = { 'x-kubernetes-list-type': 'set' }
export const atomicList: JsonSchema = { 'x-kubernetes-list-type': 'atomic' }

/** How a strategic merge patch treats a list of a built-in Kind: merged by `key`, or as a set without one. */
export function mergedBy(key?: string): JsonSchema {
  return {
    'x-kubernetes-patch-strategy': 'merge',
    ...(key === undefined ? {} : { 'x-kubernetes-patch-merge-key': key }),
  }
}
