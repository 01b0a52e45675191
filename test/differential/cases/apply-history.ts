// The record of owners over time: what is written into it, read back, reset, shortened, and taken over from clients that
// applied without it.

import type { JsonObject } from '@sheaf/api/meta'
import type { ExchangeCase, Step } from '../exchange-case.ts'
import { apply, configMap, configMaps, force, get, later, patch, post, put, widget, widgets } from './steps.ts'

const a = `${configMaps}/a`
const w = `${widgets}/w`

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
const lastApplied = (text: string): JsonObject => ({ annotations: { [annotation]: text } })
const last = (data: JsonObject, more: JsonObject = {}): string =>
  `${JSON.stringify({ apiVersion: 'v1', data, kind: 'ConfigMap', metadata: { annotations: {}, name: 'a', namespace: '{ns}' }, ...more })}\n`

/** Twelve writers, each with a field of its own, in seconds of their own. */
const writers = (count: number, isSpread: boolean): Step[] =>
  Array.from({ length: count }, (_, index) => {
    const step = patch('merge', a, `writer-${String(index).padStart(2, '0')}`, { data: { [`k${index}`]: 'x' } })
    return isSpread ? later(step) : step
  })

export const applyHistory: readonly ExchangeCase[] = [
  {
    name: 'SA30 a writer has one record for each way of writing',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      apply(a, 'one', configMap('a', { y: '1' })),
      patch('merge', a, 'one', { data: { z: '1' } }),
      put(a, 'one', configMap('a', { x: '2', y: '1', z: '1' })),
    ],
  },
  {
    name: 'SA30 a write that changes nothing is recorded nowhere',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      later(put(a, 'two', configMap('a', { x: '1' }))),
      patch('merge', a, 'three', { data: { x: '1' } }),
      patch('json', a, 'four', []),
    ],
  },
  {
    name: 'SA30 a writer whose fields are all taken is recorded no more',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      patch('merge', a, 'two', { data: { x: '2' } }),
      patch('merge', a, 'three', { data: null }),
    ],
  },
  {
    name: 'SA30 a replaced object has new owners for what changed',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1', y: '1' }, { labels: { l: '1' } })),
      put(a, 'two', configMap('a', { x: '1', y: '2', z: '2' })),
      put(a, 'three', configMap('a')),
    ],
  },
  {
    name: 'SA31 an empty list of managers resets the record',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      patch('merge', a, 'two', { metadata: { managedFields: [] } }),
      patch('merge', a, 'two', { data: { y: '1' } }),
      apply(a, 'three', configMap('a', { x: '1', z: '1' })),
    ],
  },
  {
    name: 'SA31 an empty entry resets the record',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      patch('merge', a, 'two', { metadata: { managedFields: [{}] } }),
      apply(a, 'three', configMap('a', { x: '2' })),
      apply(a, 'three', configMap('a', { x: '2' }), force),
    ],
  },
  {
    name: 'SA31 a reset in the same request as a change',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      put(a, 'two', configMap('a', { x: '2' }, { managedFields: [] })),
      put(a, 'two', configMap('a', { x: '2' }, { managedFields: [{}] })),
      put(a, 'two', configMap('a', { x: '3' })),
    ],
  },
  {
    name: 'SA31 a record that is sent takes the place of the stored one',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1', y: '1' })),
      patch('json', a, 'two', [{ op: 'replace', path: '/metadata/managedFields/0/manager', value: 'renamed' }]),
      patch('json', a, 'two', [{ op: 'replace', path: '/metadata/managedFields/0/operation', value: 'Apply' }]),
      patch('json', a, 'two', [{ op: 'remove', path: '/metadata/managedFields/0/fieldsV1/f:data/f:x' }]),
      apply(a, 'renamed', configMap('a', { y: '1' })),
    ],
  },
  {
    name: 'SA31 a record that is none leaves the stored one',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      patch('merge', a, 'two', {
        metadata: {
          managedFields: [{ manager: 'm', operation: 'Take', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
        },
      }),
      patch('merge', a, 'two', {
        metadata: {
          managedFields: [{ manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV2', fieldsV1: {} }],
        },
      }),
      patch('merge', a, 'two', {
        metadata: { managedFields: [{ manager: 'm', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: {} }] },
      }),
      patch('merge', a, 'two', {
        metadata: {
          managedFields: [
            { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { data: {} } },
          ],
        },
      }),
      patch('merge', a, 'two', { metadata: { managedFields: null } }),
      get(a),
    ],
  },
  {
    name: 'SA31 a new object may bring a record',
    steps: [
      post(
        configMaps,
        'one',
        configMap(
          'a',
          { x: '1' },
          {
            managedFields: [
              {
                manager: 'm',
                operation: 'Apply',
                apiVersion: 'v1',
                fieldsType: 'FieldsV1',
                fieldsV1: { 'f:data': { 'f:x': {}, 'f:y': {} } },
              },
            ],
          },
        ),
      ),
      put(
        a,
        'two',
        configMap(
          'a',
          { x: '1', y: '2' },
          {
            managedFields: [
              {
                manager: 'm',
                operation: 'Apply',
                apiVersion: 'v1',
                fieldsType: 'FieldsV1',
                fieldsV1: { 'f:data': { 'f:x': {} } },
              },
            ],
          },
        ),
      ),
    ],
  },
  {
    name: 'SA31 fields in the words of a version that is not served are forgotten',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' })),
      patch('json', a, 'two', [
        {
          op: 'add',
          path: '/metadata/managedFields/-',
          value: {
            manager: 'old',
            operation: 'Apply',
            apiVersion: 'v1beta9',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:x': {} } },
          },
        },
      ]),
      patch('merge', a, 'two', { data: { y: '1' } }),
    ],
  },
  {
    name: 'SA32 more than ten updaters become one, the oldest first',
    steps: [post(configMaps, 'creator', configMap('a', { x: '1' })), ...writers(13, true), get(a)],
  },
  {
    name: 'SA32 those who apply are never taken together',
    steps: [
      ...Array.from({ length: 12 }, (_, index) => apply(a, `applier-${index}`, configMap('a', { [`k${index}`]: 'x' }))),
      ...writers(12, true),
      get(a),
    ],
  },
  {
    name: 'SA33 what kubectl had applied by itself is its own when it applies with the server',
    steps: [
      post(configMaps, 'kubectl-client-side-apply', configMap('a', { x: '1', y: '1' }, lastApplied(last({ x: '1', y: '1' })))),
      apply(a, 'kubectl', configMap('a', { x: '2', y: '1' })),
      apply(a, 'kubectl', configMap('a', { x: '3' })),
    ],
  },
  {
    name: 'SA33 another manager than kubectl has no such right',
    steps: [
      post(configMaps, 'kubectl-client-side-apply', configMap('a', { x: '1' }, lastApplied(last({ x: '1' })))),
      apply(a, 'other', configMap('a', { x: '2' })),
    ],
  },
  {
    name: 'SA33 what others changed since is not kubectl’s',
    steps: [
      post(configMaps, 'kubectl-client-side-apply', configMap('a', { x: '1', y: '1' }, lastApplied(last({ x: '1', y: '1' })))),
      patch('merge', a, 'other', { data: { y: '5' } }),
      apply(a, 'kubectl', configMap('a', { x: '2', y: '2' })),
      apply(a, 'kubectl', configMap('a', { x: '2', y: '2' }), force),
    ],
  },
  {
    name: 'SA33 a last configuration that cannot be read gives no right',
    steps: [
      post(configMaps, 'kubectl-client-side-apply', configMap('a', { x: '1' }, lastApplied('no JSON'))),
      apply(a, 'kubectl', configMap('a', { x: '2' })),
      patch('merge', a, 'x', { metadata: lastApplied(last({ x: '1' }, { apiVersion: 'v9' })) }),
      apply(a, 'kubectl', configMap('a', { x: '2' })),
      patch('merge', a, 'x', { metadata: lastApplied('') }),
      apply(a, 'kubectl', configMap('a', { x: '2' })),
    ],
  },
  {
    name: 'SA33 the annotation follows what kubectl applies',
    steps: [
      post(configMaps, 'kubectl-client-side-apply', configMap('a', { x: '1' }, lastApplied(last({ x: '1' })))),
      apply(
        a,
        'kubectl',
        configMap('a', { z: '1', b: '<&>' }, { labels: { l: '1' }, annotations: { other: 'x', [annotation]: 'sent' } }),
      ),
      apply(a, 'kubectl', configMap('a', { z: '1' }, { labels: { l: '1' } })),
      apply(a, 'other', configMap('a', { q: '1' })),
    ],
  },
  {
    name: 'SA33 a custom object keeps its last configuration too',
    steps: [
      post(
        widgets,
        'kubectl-client-side-apply',
        widget(
          'w',
          { text: 'a', set: ['x'] },
          {
            metadata: lastApplied(
              `{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"annotations":{},"name":"w","namespace":"{ns}"},"spec":{"set":["x"],"text":"a"}}\n`,
            ),
          },
        ),
      ),
      apply(w, 'kubectl', widget('w', { text: 'b', set: ['y'] })),
    ],
  },
  {
    name: 'SA34 deleting and finalizing leave the record',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' }, { finalizers: ['example.org/f'] })),
      { method: 'DELETE', path: a },
      apply(a, 'two', configMap('a', { y: '1' })),
      patch('merge', a, 'three', { metadata: { finalizers: null } }),
    ],
  },
  {
    name: 'SA34 a dry run of a plain write shows the record',
    steps: [
      post(configMaps, 'one', configMap('a', { x: '1' }), { dryRun: 'All' }),
      post(configMaps, 'one', configMap('a', { x: '1' })),
      put(a, 'two', configMap('a', { x: '2' }), { dryRun: 'All' }),
      patch('merge', a, 'three', { data: { x: '3' } }, { dryRun: 'All' }),
      get(a),
    ],
  },
]
