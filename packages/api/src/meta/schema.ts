import type { Json } from './json.ts'

/** A rule in the Common Expression Language about the value that it stands at. */
export interface ValidationRule {
  /** `self` is the value, `oldSelf` what is stored; true means that all is well. */
  rule: string
  message?: string
  /** Makes the message from the value; wins over `message`. */
  messageExpression?: string
  reason?: string
  /** The field below the value that is blamed: `.spec.replicas`. */
  fieldPath?: string
  /** `oldSelf` is an optional, and the rule applies to new values too. */
  optionalOldSelf?: boolean
}

/**
 * A JSON schema in the form Kubernetes calls structural, as far as Sheaf uses it. Validation, pruning, OpenAPI and
 * `kubectl explain` all read the same one.
 */
export interface JsonSchema {
  /** `#/definitions/<schemaName>` */
  $ref?: string
  title?: string
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
  exclusiveMinimum?: boolean
  maximum?: number
  exclusiveMaximum?: boolean
  multipleOf?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minProperties?: number
  maxProperties?: number
  pattern?: string
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  not?: JsonSchema
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: 'atomic' | 'granular'
  'x-kubernetes-validations'?: ValidationRule[]
  'x-kubernetes-patch-strategy'?: string
  'x-kubernetes-patch-merge-key'?: string
}

/** Definitions by schema name; `$ref`s point into it. */
export type SchemaDefinitions = Readonly<Record<string, JsonSchema>>
