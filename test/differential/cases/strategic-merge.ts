// Strategic merge patch, for the built-in Kinds that both servers have.

import type { Json, JsonObject } from '@sheaf/api/meta'
import type { ExchangeCase } from '../exchange-case.ts'
import { configMap, configMaps, get, ownWords, patch, post, put } from './steps.ts'

const a = `${configMaps}/a`
const owner = (uid: string, name: string): JsonObject => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })
const condition = (type: string, status: string): JsonObject => ({ type, status, lastTransitionTime: '2026-01-01T00:00:00Z' })
const strategic = (body: Json, query: Record<string, string> = {}) => patch('strategic', a, 'p', body, query)
const namespace = '/api/v1/namespaces/{ns}'

const start = post(
  configMaps,
  'c',
  configMap(
    'a',
    { x: '1', y: '2', z: '3' },
    {
      labels: { l: '1', m: '2' },
      finalizers: ['example.org/a', 'example.org/b', 'example.org/c'],
      ownerReferences: [owner('u1', 'one'), owner('u2', 'two'), owner('u3', 'three')],
    },
  ),
)

const on = (name: string, ...bodies: Json[]): ExchangeCase => ({
  name: `SA60 ${name}`,
  steps: [start, ...bodies.map((body) => strategic(body))],
})

export const strategicMerge: readonly ExchangeCase[] = [
  on('maps merge, null takes away', { data: { x: '5', y: null, q: '6' } }, { metadata: { labels: { l: null } } }, { data: null }),
  on('a patch that changes nothing changes nothing', {}, { data: { x: '1' } }, { data: { nothing: null } }),
  on('a map is replaced', { data: { $patch: 'replace', q: '1' } }, { metadata: { labels: { $patch: 'replace' } } }),
  on('a map is deleted', { data: { $patch: 'delete' } }, { metadata: { labels: { $patch: 'delete' } } }),
  on('a map is merged when that is said', { data: { $patch: 'merge', q: '1' } }),
  on('an unknown directive is refused', { data: { $patch: 'mix', q: '1' } }, { $patch: 'mix' }),
  on('the whole object is replaced or deleted', { $patch: 'replace', data: { q: '1' } }, { $patch: 'delete' }),
  on('a list of texts unites', { metadata: { finalizers: ['example.org/z', 'example.org/a'] } }),
  on('texts are taken from a list', {
    metadata: { '$deleteFromPrimitiveList/finalizers': ['example.org/b', 'example.org/none'] },
  }),
  on('texts are taken from and added to a list at once', {
    metadata: { '$deleteFromPrimitiveList/finalizers': ['example.org/b'], finalizers: ['example.org/z'] },
  }),
  on('texts are put in an order', {
    metadata: {
      '$setElementOrder/finalizers': ['example.org/c', 'example.org/z', 'example.org/a'],
      finalizers: ['example.org/z'],
    },
  }),
  on('a list of texts is put in an order alone', {
    metadata: { '$setElementOrder/finalizers': ['example.org/c', 'example.org/a', 'example.org/b'] },
  }),
  on('a list of texts goes', { metadata: { finalizers: null } }),
  on('elements merge by their key', { metadata: { ownerReferences: [{ uid: 'u2', controller: true }, owner('u4', 'four')] } }),
  on(
    'an element is deleted by its key',
    { metadata: { ownerReferences: [{ $patch: 'delete', uid: 'u2' }] } },
    { metadata: { ownerReferences: [{ $patch: 'delete', uid: 'none' }] } },
  ),
  on('an element is replaced', { metadata: { ownerReferences: [{ $patch: 'replace', ...owner('u2', 'other') }] } }),
  on(
    'a list is replaced',
    { metadata: { ownerReferences: [{ $patch: 'replace' }, owner('u9', 'nine')] } },
    { metadata: { ownerReferences: [{ $patch: 'replace' }] } },
  ),
  on('an element without its key is refused', { metadata: { ownerReferences: [{ name: 'x' }] } }),
  on('an element that is no object is refused', { metadata: { ownerReferences: ['x'] } }),
  on('elements are put in an order', {
    metadata: {
      '$setElementOrder/ownerReferences': [{ uid: 'u3' }, { uid: 'u4' }, { uid: 'u1' }],
      ownerReferences: [owner('u4', 'four')],
    },
  }),
  on('elements are deleted and put in an order', {
    metadata: {
      '$setElementOrder/ownerReferences': [{ uid: 'u3' }, { uid: 'u1' }],
      ownerReferences: [
        { $patch: 'delete', uid: 'u2' },
        { uid: 'u1', controller: true },
      ],
    },
  }),
  on(
    'an order of the wrong form is refused',
    { metadata: { '$setElementOrder/finalizers': 'x' } },
    { metadata: { '$setElementOrder/ownerReferences': ['u1'] } },
  ),
  on('a deletion of the wrong form is refused', { metadata: { '$deleteFromPrimitiveList/finalizers': 'x' } }),
  on(
    'only what is named is retained',
    { data: { $retainKeys: ['x', 'q'], q: '1' } },
    { data: { $retainKeys: ['x'], y: '1' } },
    { data: { $retainKeys: 'x' } },
  ),
  {
    name: 'SA60 a value of a wrong type is refused',
    steps: [
      start,
      ...[{ data: 'x' }, { data: { x: 1 } }, { metadata: { labels: 5 } }, { metadata: { finalizers: 'x' } }].map((body) =>
        ownWords(strategic(body), 'the words of a converter between types of Go'),
      ),
    ],
  },
  {
    name: 'SA60 what is no object is refused',
    steps: [start, strategic([]), strategic(5), ownWords(strategic('text'), 'the words of a reader of JSON')],
  },
  {
    name: 'SA60 what is no JSON is refused',
    steps: [start, { ...strategic({}), body: '{' }, { ...strategic({}), body: '' }],
  },
  {
    name: 'SA60 unknown fields are warned about, refused or passed over',
    steps: [
      start,
      strategic({ unknown: 1, metadata: { other: 'x' } }),
      strategic({ unknown: 1 }, { fieldValidation: 'Strict' }),
      strategic({ unknown: 1 }, { fieldValidation: 'Ignore' }),
    ],
  },
  {
    name: 'SA60 fields sent twice are warned about, refused or passed over',
    steps: [
      start,
      { ...strategic({}), body: '{"data":{"x":"1","x":"2"}}' },
      { ...strategic({}, { fieldValidation: 'Strict' }), body: '{"data":{"x":"1","x":"3"}}' },
      { ...strategic({}, { fieldValidation: 'Ignore' }), body: '{"data":{"x":"1","x":"4"}}' },
    ],
  },
  {
    name: 'SA60 what is not there is not patched',
    steps: [strategic({ data: { x: '1' } }), patch('merge', a, 'p', { data: { x: '1' } }), patch('json', a, 'p', [])],
  },
  {
    name: 'SA60 a namespace merges its finalizers whole',
    steps: [
      patch('strategic', namespace, 'p', { metadata: { labels: { l: '1' }, finalizers: ['example.org/f'] } }),
      patch('strategic', `${namespace}/status`, 'p', { status: { conditions: [condition('A', 'True')] } }),
      patch('strategic', `${namespace}/status`, 'p', { status: { conditions: [condition('B', 'True')] } }),
      patch('strategic', `${namespace}/status`, 'p', { status: { conditions: [condition('A', 'False')] } }),
      patch('strategic', namespace, 'p', { metadata: { finalizers: null } }),
      get(namespace),
      put(namespace, 'q', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{ns}' } }),
    ],
  },
]
