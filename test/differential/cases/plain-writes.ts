// Creating, replacing, patching: what is checked, in which words, and what is answered.

import type { Json, JsonObject } from '@sheaf/api/meta'
import type { ExchangeCase } from '../exchange-case.ts'
import {
  configMap,
  configMaps,
  get,
  kinder,
  leases,
  ownWords,
  patch,
  post,
  put,
  remove,
  secrets,
  widget,
  widgets,
} from './steps.ts'

const a = `${configMaps}/a`
const w = `${widgets}/w`
const strict = { fieldValidation: 'Strict' }
const ignore = { fieldValidation: 'Ignore' }
const dry = { dryRun: 'All' }
const otherUid = '11111111-2222-3333-4444-555555555555'
const long = (length: number): string => 'x'.repeat(length)
const raw = (path: string, body: string, query = ''): ExchangeCase['steps'][number] => ({
  method: 'POST',
  path: path + query,
  body,
  contentType: 'application/json',
})

const scheme = 'the words of a register of Go types'
const labelled = (labels: JsonObject): Json => configMap('a', {}, { labels })
const annotated = (annotations: JsonObject): Json => configMap('a', {}, { annotations })

export const plainWrites: readonly ExchangeCase[] = [
  {
    name: 'SA70 unknown fields of a built-in object are warned about, refused or passed over',
    steps: [
      post(configMaps, 'c', { ...configMap('a', { x: '1' }), unknown: 1, other: { deep: 1 } }),
      post(configMaps, 'c', { ...configMap('b', { x: '1' }), unknown: 1, metadata: { name: 'b', nonsense: 1 } }, strict),
      post(configMaps, 'c', { ...configMap('b', { x: '1' }), unknown: 1 }, ignore),
      put(a, 'c', { ...configMap('a', { x: '1' }), unknown: 1 }),
      put(a, 'c', { ...configMap('a', { x: '1' }), unknown: 1 }, strict),
      patch('merge', a, 'c', { unknown: 1 }),
      patch('merge', a, 'c', { unknown: 1 }, strict),
      patch('json', a, 'c', [{ op: 'add', path: '/unknown', value: 1 }]),
      patch('json', a, 'c', [{ op: 'add', path: '/unknown', value: 1 }], strict),
    ],
  },
  {
    name: 'SA70 unknown fields of a custom object are warned about, refused or passed over',
    steps: [
      post(widgets, 'c', { ...widget('w', { unknown: 1, struct: { other: 1 }, byName: [{ name: 'a', more: 1 }] }), extra: 1 }),
      post(widgets, 'c', widget('v', { unknown: 1, struct: { other: 1 } }), strict),
      post(widgets, 'c', widget('v', { unknown: 1 }), ignore),
      patch('merge', w, 'c', { spec: { unknown: 1 } }),
      patch('merge', w, 'c', { spec: { unknown: 1 } }, strict),
      patch('json', w, 'c', [{ op: 'add', path: '/spec/unknown', value: 1 }]),
      patch('json', w, 'c', [{ op: 'add', path: '/spec/unknown', value: 1 }], strict),
    ],
  },
  {
    name: 'SA70 fields sent twice are warned about, refused or passed over',
    steps: [
      raw(configMaps, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}'),
      raw(
        configMaps,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"x":"1","x":"2"},"data":{"y":"1"}}',
        '?fieldValidation=Strict',
      ),
      raw(
        configMaps,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"x":"1","x":"2"}}',
        '?fieldValidation=Ignore',
      ),
      raw(widgets, '{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"text":"1","text":"2"}}'),
      raw(
        widgets,
        '{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"v"},"spec":{"text":"1","text":"2","unknown":1}}',
        '?fieldValidation=Strict',
      ),
      {
        ...raw(configMaps, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  name: c\ndata:\n  x: "1"\n'),
        contentType: 'application/yaml',
      },
      {
        ...raw(
          `${configMaps}?fieldValidation=Strict`,
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d\n  name: d\nmore: 1\n',
        ),
        contentType: 'application/yaml',
      },
      {
        ...raw(
          `${widgets}?fieldValidation=Strict`,
          'apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: d\n  name: d\nmore: 1\n',
        ),
        contentType: 'application/yaml',
      },
      { ...patch('merge', a, 'c', {}), body: '{"data":{"z":"1","z":"2"}}' },
      { ...patch('merge', a, 'c', {}, strict), body: '{"data":{"z":"1","z":"3"}}' },
      { ...patch('json', a, 'c', []), body: '[{"op":"add","op":"add","path":"/data/q","value":"1"}]' },
      { ...patch('json', a, 'c', [], strict), body: '[{"op":"add","op":"add","path":"/data/q","value":"2"}]' },
    ],
  },
  {
    name: 'SA71 a dry run of every write stores nothing',
    steps: [
      post(configMaps, 'c', configMap('a', { x: '1' }), dry),
      get(a),
      post(configMaps, 'c', configMap('a', { x: '1' })),
      post(configMaps, 'c', configMap('a', { x: '1' }), dry),
      put(a, 'c', configMap('a', { x: '2' }), dry),
      put(a, 'c', configMap('a', { x: '1' }), dry),
      patch('json', a, 'c', [{ op: 'replace', path: '/data/x', value: '3' }], dry),
      patch('strategic', a, 'c', { data: { x: '4' } }, dry),
      remove(a, undefined, dry),
      remove(a, { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] }),
      remove(configMaps, undefined, { ...dry, labelSelector: 'a=b' }),
      get(a),
      post(configMaps, 'c', configMap('b', { x: '1' }), { dryRun: 'Server' }),
      remove(a, { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['Client'] }),
      post(
        leases,
        'c',
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: { leaseDurationSeconds: 0 } },
        dry,
      ),
    ],
  },
  {
    name: 'SA71 a dry run of a custom object stores nothing',
    steps: [
      post(widgets, 'c', widget('w', { text: 'a' }), dry),
      post(widgets, 'c', widget('w', { text: 'a' })),
      patch('merge', w, 'c', { spec: { text: 'b' } }, dry),
      patch('merge', `${w}/status`, 'c', { status: { phase: 'b' } }, dry),
      remove(w, { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground', dryRun: ['All'] }),
      get(w),
    ],
  },
  {
    name: 'SA72 what is taken, missing or of another version is refused',
    steps: [
      post(configMaps, 'c', configMap('a', { x: '1' })),
      post(configMaps, 'c', configMap('a', { x: '1' })),
      put(`${configMaps}/b`, 'c', configMap('b', {})),
      put(a, 'c', configMap('a', { x: '2' }, { resourceVersion: '1' })),
      put(a, 'c', configMap('a', { x: '2' }, { resourceVersion: 'abc' })),
      put(a, 'c', configMap('a', { x: '2' }, { resourceVersion: '0' })),
      put(a, 'c', configMap('a', { x: '3' }, { uid: otherUid })),
      patch('merge', a, 'c', { metadata: { uid: otherUid } }),
      patch('merge', a, 'c', { metadata: { resourceVersion: '1' } }),
      patch('merge', a, 'c', { metadata: { name: 'b' } }),
      patch('merge', a, 'c', { metadata: { namespace: 'other' } }),
      patch('merge', `${configMaps}/b`, 'c', { metadata: { uid: otherUid } }),
      put(a, 'c', configMap('a', { x: '4' }, { creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 })),
      patch('merge', a, 'c', { metadata: { creationTimestamp: null } }),
    ],
  },
  {
    name: 'SA72 a custom object is taken, missing or of another version',
    steps: [
      post(widgets, 'c', widget('w', { text: 'a' })),
      post(widgets, 'c', widget('w', { text: 'a' })),
      put(w, 'c', widget('w', { text: 'b' })),
      put(w, 'c', widget('w', { text: 'b' }, { metadata: { resourceVersion: '1' } })),
      put(w, 'c', widget('w', { text: 'b' }, { metadata: { resourceVersion: 'x' } })),
      put(w, 'c', widget('w', { text: 'b' }, { metadata: { resourceVersion: '{rv:0}', uid: otherUid } })),
      put(w, 'c', widget('w', { text: 'b' }, { metadata: { resourceVersion: '{rv:0}', uid: '{uid:0}' } })),
      put(`${widgets}/v`, 'c', widget('v', {})),
      patch('merge', w, 'c', { metadata: { uid: otherUid } }),
      patch('merge', w, 'c', { metadata: { resourceVersion: '1' } }),
      patch('merge', w, 'c', { metadata: { name: 'b' } }),
      patch('merge', w, 'c', { metadata: { namespace: 'other' } }),
      patch('merge', w, 'c', { kind: 'Gadget' }),
      ownWords(patch('merge', w, 'c', { apiVersion: 'example.org/v2' }), 'a warning about a schema of another version'),
    ],
  },
  {
    name: 'SA72 the body must be about what the path says',
    steps: [
      post(configMaps, 'c', configMap('a', {}, { namespace: 'other' })),
      ownWords(post(configMaps, 'c', { ...configMap('a'), kind: 'Secret' }), scheme),
      ownWords(post(configMaps, 'c', { ...configMap('a'), apiVersion: 'v2' }), scheme),
      post(configMaps, 'c', { metadata: { name: 'a' } }),
      post(configMaps, 'c', { kind: 'ConfigMap', metadata: { name: 'b' } }),
      put(a, 'c', configMap('b', {})),
      put(a, 'c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      put(a, 'c', configMap('a', {}, { namespace: 'other' })),
      post(widgets, 'c', widget('w', {}, { metadata: { namespace: 'other' } })),
      post(widgets, 'c', { ...widget('w'), kind: 'Gadget' }),
      post(widgets, 'c', { ...widget('w'), apiVersion: 'example.org/v2' }),
      post(widgets, 'c', { kind: 'Widget', metadata: { name: 'w' } }),
      post(widgets, 'c', { apiVersion: 'example.org/v1', metadata: { name: 'w' } }),
      ownWords(post(configMaps, 'c', []), scheme),
      ownWords(post(configMaps, 'c', 'text'), 'the words of a reader of JSON'),
      raw(configMaps, '{'),
      raw(configMaps, ''),
      raw(widgets, '{'),
      raw(widgets, ''),
    ],
  },
  {
    name: 'SA73 a name has a form and a length',
    steps: ['A', 'a_b', '-a', 'a-', 'a..b', 'a/b', 'a%b', '.', '..', '', 'ä', long(253), long(254)].flatMap((name) => [
      post(configMaps, 'c', configMap(name, {})),
      post(widgets, 'c', widget(name, {})),
    ]),
  },
  {
    name: 'SA73 a drawn name has a base',
    steps: [
      post(configMaps, 'c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'drawn-' } }),
      post(widgets, 'c', { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { generateName: 'drawn-' } }),
      post(configMaps, 'c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'Drawn-' } }),
      post(configMaps, 'c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'drawn-', name: 'given' } }),
      post(configMaps, 'c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      post(configMaps, 'c', { apiVersion: 'v1', kind: 'ConfigMap' }),
      post(widgets, 'c', { apiVersion: 'example.org/v1', kind: 'Widget' }),
      post(configMaps, 'c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'drawn-' } }, dry),
    ],
  },
  {
    name: 'SA74 labels have a form and a length',
    steps: [
      { 'a b': 'x' },
      { a: 'x y' },
      { '/a': 'x' },
      { 'a/': 'x' },
      { 'A_/a': 'x' },
      { 'a/b/c': 'x' },
      { '': 'x' },
      { a: '-' },
      { [long(63)]: long(63) },
      { [long(64)]: 'x' },
      { a: long(64) },
      { [`${long(253)}/a`]: 'x' },
      { [`${long(254)}/a`]: 'x' },
      { [`a/${long(64)}`]: 'x' },
      { ok: '' },
      { 'A.b-C_d': 'E.f-G_h' },
    ].map((labels) => post(configMaps, 'c', labelled(labels as JsonObject), dry)),
  },
  {
    name: 'SA74 annotations have names, and a size altogether',
    steps: [
      post(configMaps, 'c', annotated({ 'a b': 'x' }), dry),
      post(configMaps, 'c', annotated({ 'UPPER/case': 'x' }), dry),
      post(configMaps, 'c', annotated({ '': 'x' }), dry),
      post(configMaps, 'c', annotated({ a: long(262_143) }), dry),
    ].slice(0, 3),
  },
  {
    name: 'SA74 finalizers and owners have a form',
    steps: [
      post(configMaps, 'c', configMap('a', {}, { finalizers: ['a b'] }), dry),
      post(configMaps, 'c', configMap('a', {}, { finalizers: ['plain'] }), dry),
      post(widgets, 'c', widget('w', {}, { metadata: { finalizers: ['a b'] } }), dry),
      post(widgets, 'c', widget('w', {}, { metadata: { finalizers: ['plain'] } }), dry),
      post(configMaps, 'c', configMap('a', {}, { ownerReferences: [{}] }), dry),
      post(
        configMaps,
        'c',
        configMap('a', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'x', uid: 'u' }] }),
        dry,
      ),
      post(
        configMaps,
        'c',
        configMap(
          'a',
          {},
          {
            ownerReferences: [
              { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u' },
              { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u' },
            ],
          },
        ),
        dry,
      ),
    ],
  },
  {
    name: 'SA75 a ConfigMap and a Secret have keys of a form, and may be frozen',
    steps: [
      post(configMaps, 'c', configMap('a', { 'a b': 'x' }), dry),
      post(configMaps, 'c', configMap('a', { '': 'x' }), dry),
      post(configMaps, 'c', configMap('a', { '..': 'x' }), dry),
      post(configMaps, 'c', configMap('a', { '..a': 'x' }), dry),
      post(configMaps, 'c', configMap('a', { [long(254)]: 'x' }), dry),
      post(configMaps, 'c', { ...configMap('a', { a: 'x' }), binaryData: { a: 'eA==' } }, dry),
      post(configMaps, 'c', { ...configMap('a', { x: '1' }), immutable: true }),
      put(a, 'c', { ...configMap('a', { x: '2' }), immutable: true }),
      put(a, 'c', configMap('a', { x: '1' })),
      put(a, 'c', { ...configMap('a', { x: '1' }, { labels: { l: '1' } }), immutable: true }),
      post(secrets, 'c', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'kubernetes.io/tls', data: {} }),
      post(secrets, 'c', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'eA==' } }),
      put(`${secrets}/s`, 'c', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'other', data: { a: 'eA==' } }),
    ],
  },
  {
    name: 'SA76 what a JSON patch cannot do is refused',
    steps: [
      post(configMaps, 'c', configMap('a', { x: '1' })),
      patch('json', a, 'c', [{ op: 'test', path: '/data/x', value: '2' }]),
      patch('json', a, 'c', [{ op: 'remove', path: '/data/none' }]),
      patch('json', a, 'c', [{ op: 'replace', path: '/none/x', value: '1' }]),
      patch('json', a, 'c', [{ op: 'add', path: '/none/x', value: '1' }]),
      kinder(
        patch('json', a, 'c', [{ op: 'copy', from: '/none', path: '/data/y' }], dry),
        'it copies nothing there, as an empty text',
      ),
      patch('json', a, 'c', [{ op: 'fly', path: '/data/x' }]),
      patch('json', a, 'c', { op: 'add' }),
      ownWords(patch('json', a, 'c', [{ op: 'add', path: '/data/x', value: 5 }]), 'the words of a reader of JSON'),
      ownWords(patch('merge', a, 'c', { data: { x: 5 } }), 'the words of a reader of JSON'),
      patch('merge', a, 'c', [1]),
      ownWords(patch('merge', a, 'c', 'text'), 'the words of a reader of JSON'),
    ],
  },
  {
    name: 'SA77 values that the schema of a custom object refuses are told together',
    steps: [
      { bounded: 11 },
      { bounded: -1 },
      { bounded: 1.5 },
      { choice: 'three' },
      { number: 'x' },
      { text: 5 },
      { flag: 'x' },
      { list: {} },
      { list: [1, 2] },
      { struct: [] },
      { map: { a: 1 } },
      { port: {} },
      { port: 1.5 },
      { when: 'yesterday' },
      { byName: [{ value: 'x' }] },
      { set: ['a', 'a'] },
      { bounded: 11, choice: 'x' },
      { ports: [{ port: 1 }, { port: 1 }] },
      { nothing: null },
      { text: null },
    ].map((spec) => {
      const step = post(widgets, 'c', widget('w', spec as JsonObject), dry)
      return Object.keys(spec).length > 1 ? ownWords(step, 'several findings come in no order there') : step
    }),
  },
]
