// Schemas of what every Kind shares: metadata, lists' metadata, refusals, the options of a deletion, and the scale.

import type { JsonSchema, SchemaDefinitions } from '@sheaf/api/meta'
import { scaleDefinition } from '../../registry/scale.ts'
import type { PublishedSchema } from './definitions.ts'

const prefix = 'io.k8s.apimachinery.pkg.apis.meta.v1'

export const metaNames = {
  objectMeta: `${prefix}.ObjectMeta`,
  listMeta: `${prefix}.ListMeta`,
  status: `${prefix}.Status`,
  deleteOptions: `${prefix}.DeleteOptions`,
  patch: `${prefix}.Patch`,
  scale: scaleDefinition.schemaName,
} as const

export const refTo = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` })

const text = (description: string): JsonSchema => ({ type: 'string', description })
const time = (description: string): JsonSchema => ({ type: 'string', format: 'date-time', description })
const integer = (description: string): JsonSchema => ({ type: 'integer', format: 'int64', description })
const flag = (description: string): JsonSchema => ({ type: 'boolean', description })
const texts = (description: string): JsonSchema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
})

export const apiVersionField = text('Group and version of the form in which the object is written, such as apps/v1.')
export const kindField = text('What the object is, in CamelCase.')

const objectMeta: JsonSchema = {
  type: 'object',
  description: 'What every stored object has: its name, its labels, its owners and what the server keeps about it.',
  properties: {
    name: text('Unique among the objects of this Kind in the namespace. It cannot be changed.'),
    generateName: text('Beginning of a name that the server completes when name is empty.'),
    namespace: text('Where the object lives; empty for objects that belong to no namespace. It cannot be changed.'),
    uid: text('Given by the server: unique over time, also when a name is used again.'),
    resourceVersion: text('Changes with every write. Opaque: send it back to write only if nobody else did meanwhile.'),
    generation: integer('Counts the changes of what is wanted.'),
    creationTimestamp: time('When the object was created. Set by the server.'),
    deletionTimestamp: time('When deletion was asked for. Set by the server.'),
    deletionGracePeriodSeconds: integer('How long the object may take to end. Set by the server.'),
    labels: texts('Keys and values to select objects by.'),
    annotations: texts('Keys and values that tools keep with the object; they cannot be selected by.'),
    ownerReferences: {
      type: 'array',
      description: 'Objects without which this one is deleted. At most one of them is its controller.',
      items: refTo(`${prefix}.OwnerReference`),
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
      items: refTo(`${prefix}.ManagedFieldsEntry`),
      'x-kubernetes-list-type': 'atomic',
    },
    selfLink: text('No longer set by servers.'),
  },
}

const ownerReference: JsonSchema = {
  type: 'object',
  description: 'An owner in the same namespace, or one that belongs to no namespace.',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: text('apiVersion of the owner.'),
    kind: text('Kind of the owner.'),
    name: text('Name of the owner.'),
    uid: text('uid of the owner.'),
    controller: flag('Whether the owner manages this object.'),
    blockOwnerDeletion: flag('Whether a foreground deletion of the owner waits for this object.'),
  },
  'x-kubernetes-map-type': 'atomic',
}

const managedFieldsEntry: JsonSchema = {
  type: 'object',
  description: 'The fields that one manager set.',
  properties: {
    manager: text('Name that the client gave itself.'),
    operation: text('Apply or Update.'),
    apiVersion: text('The version in which the fields are named.'),
    time: time('When the fields last changed.'),
    fieldsType: text('FieldsV1.'),
    fieldsV1: { type: 'object', description: 'The set of fields.', 'x-kubernetes-preserve-unknown-fields': true },
    subresource: text('Through which subresource the fields were set, if any.'),
  },
}

const listMeta: JsonSchema = {
  type: 'object',
  description: 'Where a list stands in the history of the store, and how to get its rest.',
  properties: {
    resourceVersion: text('The state that the list shows: a watch from here misses nothing.'),
    continue: text('Send it back to get the next part of the list.'),
    remainingItemCount: integer('About how many objects the rest has.'),
    selfLink: text('No longer set by servers.'),
  },
}

const status: JsonSchema = {
  type: 'object',
  description: 'The outcome of a request that does not answer with an object.',
  properties: {
    apiVersion: apiVersionField,
    kind: kindField,
    metadata: refTo(metaNames.listMeta),
    status: text('Success or Failure.'),
    message: text('What happened, for people.'),
    reason: text('What happened, for programs.'),
    details: {
      type: 'object',
      description: 'What the request was about.',
      properties: {
        name: text('Name of the object.'),
        group: text('Group of the resource.'),
        kind: text('The resource, or the Kind where its fields are wrong.'),
        uid: text('uid of the object.'),
        retryAfterSeconds: { type: 'integer', format: 'int32', description: 'When to try again.' },
        causes: {
          type: 'array',
          description: 'Each thing that is wrong.',
          items: {
            type: 'object',
            properties: {
              reason: text('What is wrong, for programs.'),
              message: text('What is wrong, for people.'),
              field: text('Path of the field.'),
            },
          },
        },
      },
    },
    code: { type: 'integer', format: 'int32', description: 'The HTTP status code.' },
  },
}

const deleteOptions: JsonSchema = {
  type: 'object',
  description: 'How to delete.',
  properties: {
    apiVersion: apiVersionField,
    kind: kindField,
    gracePeriodSeconds: integer('How long the object may take to end; 0 is at once.'),
    propagationPolicy: text('Orphan, Background or Foreground: what becomes of the objects that this one owns.'),
    orphanDependents: flag('Deprecated: use propagationPolicy.'),
    dryRun: { type: 'array', description: 'All: change nothing, only tell what would happen.', items: { type: 'string' } },
    preconditions: {
      type: 'object',
      description: 'Delete only the object with this uid and resourceVersion.',
      properties: { uid: text('The uid it must have.'), resourceVersion: text('The resourceVersion it must have.') },
    },
  },
}

const scale = {
  type: 'object',
  description: 'How many replicas there are to be, and how many there are.',
  properties: {
    apiVersion: apiVersionField,
    kind: kindField,
    metadata: refTo(metaNames.objectMeta),
    spec: {
      type: 'object',
      description: 'What is wanted.',
      properties: { replicas: { type: 'integer', format: 'int32', description: 'How many there are to be.' } },
    },
    status: {
      type: 'object',
      description: 'What is seen.',
      required: ['replicas'],
      properties: {
        replicas: { type: 'integer', format: 'int32', description: 'How many there are.' },
        selector: text('Selects them by their labels.'),
      },
    },
  },
  'x-kubernetes-group-version-kind': [
    { group: scaleDefinition.group, version: scaleDefinition.version, kind: scaleDefinition.kind },
  ],
} satisfies PublishedSchema

export const metaDefinitions: SchemaDefinitions = {
  [metaNames.objectMeta]: objectMeta,
  [`${prefix}.OwnerReference`]: ownerReference,
  [`${prefix}.ManagedFieldsEntry`]: managedFieldsEntry,
  [metaNames.listMeta]: listMeta,
  [metaNames.status]: status,
  [metaNames.deleteOptions]: deleteOptions,
  [metaNames.scale]: scale,
  [metaNames.patch]: { type: 'object', description: 'A change in the form that the Content-Type names.' },
}
