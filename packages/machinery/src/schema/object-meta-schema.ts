// The schema of metadata: what every object has, whatever its Kind's schema says. It is published, and it says how metadata
// is merged and owned.

import type { JsonSchema, SchemaDefinitions } from '@sheaf/api/meta'
import { resolveSchema } from './definition-at.ts'

export const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1'
export const objectMetaName = `${metaPrefix}.ObjectMeta`

export const refTo = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` })

export const describedText = (description: string): JsonSchema => ({ type: 'string', description })
const time = (description: string): JsonSchema => ({ type: 'string', format: 'date-time', description })
export const describedInteger = (description: string): JsonSchema => ({ type: 'integer', format: 'int64', description })
export const describedFlag = (description: string): JsonSchema => ({ type: 'boolean', description })
const texts = (description: string): JsonSchema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
})

export const apiVersionField = describedText('Group and version of the form in which the object is written, such as apps/v1.')
export const kindField = describedText('What the object is, in CamelCase.')

const objectMeta: JsonSchema = {
  type: 'object',
  description: 'What every stored object has: its name, its labels, its owners and what the server keeps about it.',
  properties: {
    name: describedText('Unique among the objects of this Kind in the namespace. It cannot be changed.'),
    generateName: describedText('Beginning of a name that the server completes when name is empty.'),
    namespace: describedText('Where the object lives; empty for objects that belong to no namespace. It cannot be changed.'),
    uid: describedText('Given by the server: unique over time, also when a name is used again.'),
    resourceVersion: describedText('Changes with every write. Opaque: send it back to write only if nobody else did meanwhile.'),
    generation: describedInteger('Counts the changes of what is wanted.'),
    creationTimestamp: time('When the object was created. Set by the server.'),
    deletionTimestamp: time('When deletion was asked for. Set by the server.'),
    deletionGracePeriodSeconds: describedInteger('How long the object may take to end. Set by the server.'),
    labels: texts('Keys and values to select objects by.'),
    annotations: texts('Keys and values that tools keep with the object; they cannot be selected by.'),
    ownerReferences: {
      type: 'array',
      description: 'Objects without which this one is deleted. At most one of them is its controller.',
      items: refTo(`${metaPrefix}.OwnerReference`),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-patch-merge-key': 'uid',
      'x-kubernetes-patch-strategy': 'merge',
    },
    finalizers: {
      type: 'array',
      description: 'Each must be removed by whoever is responsible for it before a deletion completes.',
      items: { type: 'string' },
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-patch-strategy': 'merge',
    },
    managedFields: {
      type: 'array',
      description: 'Who last set which field. Kept by the server for server-side apply.',
      items: refTo(`${metaPrefix}.ManagedFieldsEntry`),
      'x-kubernetes-list-type': 'atomic',
    },
    selfLink: describedText('No longer set by servers.'),
  },
}

const ownerReference: JsonSchema = {
  type: 'object',
  description: 'An owner in the same namespace, or one that belongs to no namespace.',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: describedText('apiVersion of the owner.'),
    kind: describedText('Kind of the owner.'),
    name: describedText('Name of the owner.'),
    uid: describedText('uid of the owner.'),
    controller: describedFlag('Whether the owner manages this object.'),
    blockOwnerDeletion: describedFlag('Whether a foreground deletion of the owner waits for this object.'),
  },
  'x-kubernetes-map-type': 'atomic',
}

const managedFieldsEntry: JsonSchema = {
  type: 'object',
  description: 'The fields that one manager set.',
  properties: {
    manager: describedText('Name that the client gave itself.'),
    operation: describedText('Apply or Update.'),
    apiVersion: describedText('The version in which the fields are named.'),
    time: time('When the fields last changed.'),
    fieldsType: describedText('FieldsV1.'),
    fieldsV1: { type: 'object', description: 'The set of fields.', 'x-kubernetes-preserve-unknown-fields': true },
    subresource: describedText('Through which subresource the fields were set, if any.'),
  },
}

export const objectMetaDefinitions: SchemaDefinitions = {
  [objectMetaName]: objectMeta,
  [`${metaPrefix}.OwnerReference`]: ownerReference,
  [`${metaPrefix}.ManagedFieldsEntry`]: managedFieldsEntry,
}

/** A Kind's schema with what every object has, and the definitions of both. The same each time. */
export function withObjectMeta(schema: JsonSchema, definitions: SchemaDefinitions): [JsonSchema, SchemaDefinitions] {
  return [rootOf(schema, definitions), definitionsOf(definitions)]
}

const roots = new WeakMap<JsonSchema, JsonSchema>()
const extended = new WeakMap<SchemaDefinitions, SchemaDefinitions>()

function rootOf(schema: JsonSchema, definitions: SchemaDefinitions): JsonSchema {
  const known = roots.get(schema)
  if (known !== undefined) return known
  const own = resolveSchema(schema, definitions)
  const common = { apiVersion: apiVersionField, kind: kindField, metadata: refTo(objectMetaName) }
  const root = { ...own, properties: { ...own?.properties, ...common } }
  roots.set(schema, root)
  return root
}

function definitionsOf(definitions: SchemaDefinitions): SchemaDefinitions {
  const known = extended.get(definitions)
  if (known !== undefined) return known
  const both = { ...definitions, ...objectMetaDefinitions }
  extended.set(definitions, both)
  return both
}
