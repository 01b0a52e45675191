// Schemas of what every Kind shares: metadata, lists' metadata, refusals, the options of a deletion, and the scale.

import type { JsonSchema, SchemaDefinitions } from '@sheaf/api/meta'
import { scaleDefinition } from '../../registry/scale.ts'
import {
  apiVersionField,
  describedFlag as flag,
  describedInteger as integer,
  describedText as text,
  kindField,
  metaPrefix as prefix,
  objectMetaDefinitions,
  objectMetaName,
  refTo,
} from '../../schema/object-meta-schema.ts'
import { scaleSchema } from '../../schema/scale-schema.ts'
import type { PublishedSchema } from './definitions.ts'

export const metaNames = {
  objectMeta: objectMetaName,
  listMeta: `${prefix}.ListMeta`,
  status: `${prefix}.Status`,
  deleteOptions: `${prefix}.DeleteOptions`,
  patch: `${prefix}.Patch`,
  scale: scaleDefinition.schemaName,
} as const

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
  ...scaleSchema,
  'x-kubernetes-group-version-kind': [
    { group: scaleDefinition.group, version: scaleDefinition.version, kind: scaleDefinition.kind },
  ],
} satisfies PublishedSchema

export const metaDefinitions: SchemaDefinitions = {
  ...objectMetaDefinitions,
  [metaNames.listMeta]: listMeta,
  [metaNames.status]: status,
  [metaNames.deleteOptions]: deleteOptions,
  [metaNames.scale]: scale,
  [metaNames.patch]: { type: 'object', description: 'A change in the form that the Content-Type names.' },
}
