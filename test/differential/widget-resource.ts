// A custom Kind with every sort of list and map there is, for both servers.

import type { JsonSchema } from '@sheaf/api/meta'

const item = (properties: Record<string, JsonSchema>, more: Partial<JsonSchema> = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
})
const text: JsonSchema = { type: 'string' }
const number: JsonSchema = { type: 'integer' }

const struct = item({ a: text, b: text, deep: item({ c: text, d: text }) })

export const widgetSchema: JsonSchema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      properties: {
        text,
        number,
        ratio: { type: 'number' },
        flag: { type: 'boolean' },
        when: { type: 'string', format: 'date-time' },
        port: { 'x-kubernetes-int-or-string': true },
        color: { type: 'string', default: 'red' },
        bounded: { type: 'integer', minimum: 0, maximum: 10 },
        choice: { type: 'string', enum: ['one', 'two'] },
        nothing: { type: 'string', nullable: true },
        struct,
        atomicStruct: { ...struct, 'x-kubernetes-map-type': 'atomic' },
        map: { type: 'object', additionalProperties: text },
        atomicMap: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        mapOfStructs: { type: 'object', additionalProperties: struct },
        list: { type: 'array', items: text },
        listOfStructs: { type: 'array', items: struct },
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        numbers: { type: 'array', items: number, 'x-kubernetes-list-type': 'set' },
        byName: {
          type: 'array',
          items: item(
            { name: text, value: text, tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' } },
            { required: ['name'] },
          ),
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        },
        ports: {
          type: 'array',
          items: item({ port: number, protocol: { type: 'string', default: 'TCP' }, note: text }, { required: ['port'] }),
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        known: { type: 'object', properties: { a: text }, 'x-kubernetes-preserve-unknown-fields': true },
        embedded: item({ replicas: number, template: item({ size: number, color: { type: 'string', default: 'blue' } }) }),
      },
    },
    status: {
      type: 'object',
      properties: {
        phase: text,
        replicas: number,
        conditions: {
          type: 'array',
          items: item({ type: text, status: text, message: text }, { required: ['type'] }),
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
        },
      },
    },
  },
}

export const widgetNames = {
  group: 'example.org',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  plural: 'widgets',
  singular: 'widget',
} as const

export const widgetScale = { specReplicasPath: '.spec.embedded.replicas', statusReplicasPath: '.status.replicas' } as const
