// Whether the schema of a custom resource is structural: what a value is made of is said outside of all junctors, and
// what is in them only restricts. Pure.

import { type FieldError, forbidden, invalid, type JsonSchema, notSupported, required } from '../../../meta/index.ts'
import { completenessErrors } from './completeness.ts'
import { junctorSchemaErrors } from './junctor-schema.ts'
import { listErrors } from './lists.ts'
import { ruleErrors } from './rules.ts'

interface Position {
  level: 'root' | 'item' | 'field'
  /** Inside the metadata of the object itself or of an embedded one. */
  inMetadata: boolean
  /** Why a default may not be here. */
  noDefault: string | undefined
}

export function rootSchemaErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors = nodeErrors(schema, path, { level: 'root', inMetadata: false, noDefault: undefined })
  if (schema.nullable === true) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  return errors
}

function nodeErrors(schema: JsonSchema, path: string, position: Position): FieldError[] {
  return [
    ...typeErrors(schema, path, position),
    ...unsupportedErrors(schema, path, position),
    ...extensionErrors(schema, path),
    ...listErrors(schema, path),
    ...junctorSchemaErrors(schema, path),
    ...completenessErrors(schema, path),
    ...ruleErrors(schema, path),
    ...metadataErrors(schema, path, position),
    ...innerErrors(schema, path, position),
  ]
}

function innerErrors(schema: JsonSchema, path: string, position: Position): FieldError[] {
  const { properties = {}, items, additionalProperties } = schema
  const errors = Object.entries(properties).flatMap(([name, property]) =>
    nodeErrors(property, `${path}.properties[${name}]`, positionOf(name, schema, position)),
  )
  if (items !== undefined && !Array.isArray(items))
    errors.push(...nodeErrors(items, `${path}.items`, { ...position, level: 'item' }))
  if (typeof additionalProperties === 'object') {
    const noDefault = position.inMetadata ? 'inside additionalProperties applying to object metadata' : position.noDefault
    errors.push(...nodeErrors(additionalProperties, `${path}.additionalProperties`, { ...position, level: 'field', noDefault }))
  }
  return errors
}

function positionOf(name: string, owner: JsonSchema, { level, inMetadata, noDefault }: Position): Position {
  const isObject = level === 'root' || owner['x-kubernetes-embedded-resource'] === true
  const isMeta = isObject && ['metadata', 'kind', 'apiVersion'].includes(name)
  return {
    level: 'field',
    inMetadata: inMetadata || isMeta,
    noDefault: level === 'root' && isMeta ? `in top-level ${name}` : noDefault,
  }
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']

const missingType = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
} as const

function typeErrors(schema: JsonSchema, path: string, { level }: Position): FieldError[] {
  const { type } = schema
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const needsNone = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (!type) {
    if (isEmbedded) return [required(`${path}.type`, 'must be object if x-kubernetes-embedded-resource is true')]
    return needsNone ? [] : [required(`${path}.type`, missingType[level])]
  }
  if (!types.includes(type)) return [notSupported(`${path}.type`, type, types)]
  return [
    ...(isEmbedded && type !== 'object'
      ? [invalid(`${path}.type`, type, 'must be object if x-kubernetes-embedded-resource is true')]
      : []),
    ...(level === 'root' && type !== 'object' ? [invalid(`${path}.type`, type, 'must be object at the root')] : []),
    ...(type === 'array' && schema.items === undefined ? [required(`${path}.items`, 'must be specified')] : []),
  ]
}

const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

function unsupportedErrors(schema: JsonSchema, path: string, position: Position): FieldError[] {
  const { additionalProperties, properties } = schema
  // Of what was sent, only the words of a structural schema have a type here.
  const sent: Readonly<Record<string, unknown>> = { ...schema }
  const errors = unsupported
    .filter((word) => sent[word] !== undefined)
    .map((word) => forbidden(`${path}.${word}`, `${word} is not supported`))
  if (Array.isArray(schema.items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  if (sent.uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    errors.push(forbidden(`${path}.uniqueItems`, why))
  }
  if (additionalProperties !== undefined) {
    if (position.level === 'root') errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'))
    if (properties !== undefined && Object.keys(properties).length > 0 && additionalProperties !== true) {
      errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
    }
  }
  if (schema.default !== undefined && position.noDefault !== undefined) {
    errors.push(forbidden(`${path}.default`, `must not be set ${position.noDefault}`))
  }
  return errors
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const preserves = schema['x-kubernetes-preserve-unknown-fields']
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true
  const errors: FieldError[] = []
  if (preserves === false) {
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  }
  if (isIntOrString && preserves === true) {
    const why = 'must be false if x-kubernetes-int-or-string is true'
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, why))
  }
  if (isIntOrString && isEmbedded) {
    const why = 'must be false if x-kubernetes-int-or-string is true'
    errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, why))
  }
  if (isEmbedded && schema.additionalProperties !== undefined) {
    const why = 'must not be used if x-kubernetes-embedded-resource is set'
    errors.push(forbidden(`${path}.additionalProperties`, why))
  }
  if (isEmbedded && preserves !== true && Object.keys(schema.properties ?? {}).length === 0) {
    const why = 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(`${path}.properties`, why))
  }
  return errors
}

/** Metadata is the server's; a schema may only restrict what an object is called. */
function metadataErrors(schema: JsonSchema, path: string, { level, inMetadata }: Position): FieldError[] {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  const errors: FieldError[] = []
  if (inMetadata && isEmbedded) {
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  }
  if (level !== 'root' && !isEmbedded) return errors
  for (const [name, said] of Object.entries({ kind, apiVersion })) {
    const at = `${path}.properties[${name}].type`
    if (said !== undefined && said.type !== 'string') errors.push(invalid(at, said.type ?? '', 'must be string'))
  }
  if (metadata === undefined) return errors
  const at = `${path}.properties[metadata]`
  if (metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type ?? '', 'must be object'))
  if (level === 'root' && restrictsMetadata(metadata)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(at, why))
  }
  return errors
}

function restrictsMetadata({ type: _type, default: _default, properties = {}, ...more }: JsonSchema): boolean {
  const isMore = Object.keys(more).length > 0
  return isMore || Object.keys(properties).some((name) => name !== 'name' && name !== 'generateName')
}
