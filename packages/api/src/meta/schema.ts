import type { Json } from './json.ts'

/**
 * A JSON schema in the form Kubernetes calls structural, as far as Sheaf uses it. Validation, pruning, OpenAPI and
 * `kubectl explain` all read the same one.
 */
export interface JsonSchema {
  /** `#/definitions/<schemaName>` */
  $ref?: string
  description?: string
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  format?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  enum?: Json[]
  default?: Json
  nullable?: boolean
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  pattern?: string
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: 'atomic' | 'granular'
  'x-kubernetes-patch-strategy'?: string
  'x-kubernetes-patch-merge-key'?: string
}

/** Definitions by schema name; `$ref`s point into it. */
export type SchemaDefinitions = Readonly<Record<string, JsonSchema>>
