// For tests: two Kinds of an invented group, one of the core group, and actions in a group of their own.

import type { ResourceDefinition, SchemaDefinitions } from '@sheaf/api/meta'
import type { Kind, RequestAction, StreamAction } from '../kind.ts'
import type { PublicationOptions } from './api-server.ts'

const widget: ResourceDefinition = {
  group: 'example.org',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  plural: 'widgets',
  singular: 'widget',
  shortNames: ['wd'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'org.example.v1.Widget',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [],
  selectableFields: {},
}

const note: ResourceDefinition = {
  ...widget,
  group: '',
  kind: 'Note',
  listKind: 'NoteList',
  plural: 'notes',
  singular: 'note',
  shortNames: [],
  categories: [],
  scope: 'Cluster',
  schemaName: 'org.example.core.v1.Note',
  origin: 'native',
  hasStatus: false,
  withoutVerbs: ['deletecollection'],
}

const spin: RequestAction = {
  kind: 'request',
  method: 'PUT',
  group: 'actions.example.org',
  versions: ['v1alpha3', 'v1'],
  plural: 'widgets',
  action: 'spin',
  run: () => Promise.resolve({ status: 202, headers: {}, body: '' }),
}

const listen: StreamAction = {
  kind: 'stream',
  group: 'actions.example.org',
  versions: ['v1'],
  plural: 'widgets',
  action: 'listen',
  connect: () => Promise.reject(new Error('no widget speaks')),
}

const widgetSchema = {
  'org.example.v1.Widget': {
    type: 'object',
    description: 'A thing that spins.',
    required: ['spec'],
    properties: { spec: { $ref: '#/definitions/org.example.v1.WidgetSpec', description: 'What is wanted.' } },
  },
  'org.example.v1.WidgetSpec': {
    type: 'object',
    properties: {
      speed: { type: 'integer', format: 'int32', minimum: 0, default: 7, description: 'Turns a minute.' },
      mood: { type: 'string', enum: ['calm', 'wild'], pattern: '^[a-z]+$' },
      weight: { 'x-kubernetes-int-or-string': true },
      since: { type: 'string', format: 'date-time', nullable: true },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      parts: {
        type: 'array',
        items: { $ref: '#/definitions/org.example.v1.Part' },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'name',
      },
    },
  },
  'org.example.v1.Part': {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      parts: { type: 'array', items: { $ref: '#/definitions/org.example.v1.Part' } },
    },
  },
  'org.example.v1.Unused': { type: 'object' },
} satisfies SchemaDefinitions

export const publishedKinds: readonly Kind[] = [
  { definition: { ...widget, version: 'v1beta1' } },
  { definition: widget, actions: [spin, listen] },
  { definition: note },
]

export const publicationOptions: PublicationOptions = {
  kinds: publishedKinds,
  schemas: widgetSchema,
  version: {
    major: '1',
    minor: '33',
    gitVersion: 'v1.33.0+test',
    gitCommit: '0000000',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: 'linux/amd64',
  },
  readiness: [],
}
