// Applying to a built-in Kind and to a custom one: creating, owning, sharing, giving back, being refused.

import type { ExchangeCase } from '../exchange-case.ts'
import { apply, configMap, configMaps, force, get, later, patch, post, put, remove, secrets, widget, widgets } from './steps.ts'

const a = `${configMaps}/a`
const w = `${widgets}/w`

export const applyBasics: readonly ExchangeCase[] = [
  { name: 'SA1 applying creates what is not there', steps: [apply(a, 'one', configMap('a', { x: '1' })), get(a)] },
  { name: 'SA1 applying a custom object creates it', steps: [apply(w, 'one', widget('w', { text: 'x', number: 1 }))] },
  {
    name: 'SA1 an object without fields of its own can be applied',
    steps: [apply(a, 'one', configMap('a')), apply(w, 'one', widget('w'))],
  },
  {
    name: 'SA1 labels and annotations are owned one by one',
    steps: [apply(a, 'one', configMap('a', undefined, { labels: { l: '1', m: '2' }, annotations: { n: '3' } }))],
  },
  {
    name: 'SA2 applying the same again changes nothing',
    steps: [apply(a, 'one', configMap('a', { x: '1' })), later(apply(a, 'one', configMap('a', { x: '1' })))],
  },
  {
    name: 'SA2 another value takes effect',
    steps: [apply(a, 'one', configMap('a', { x: '1' })), apply(a, 'one', configMap('a', { x: '2' }))],
  },
  {
    name: 'SA3 what is no longer applied goes',
    steps: [
      apply(a, 'one', configMap('a', { x: '1', y: '2' })),
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'one', configMap('a')),
    ],
  },
  {
    name: 'SA3 a label that is no longer applied goes',
    steps: [apply(a, 'one', configMap('a', { x: '1' }, { labels: { l: '1' } })), apply(a, 'one', configMap('a', { x: '1' }))],
  },
  {
    name: 'SA3 what others own stays when it is no longer applied',
    steps: [
      apply(a, 'one', configMap('a', { x: '1', y: '2' })),
      apply(a, 'two', configMap('a', { x: '1' })),
      apply(a, 'one', configMap('a', { y: '2' })),
      apply(a, 'two', configMap('a')),
    ],
  },
  {
    name: 'SA4 the same value of two managers is shared',
    steps: [apply(a, 'one', configMap('a', { x: '1' })), later(apply(a, 'two', configMap('a', { x: '1' })))],
  },
  {
    name: 'SA5 another value than the owner has is a conflict',
    steps: [apply(a, 'one', configMap('a', { x: '1' })), apply(a, 'two', configMap('a', { x: '2' })), get(a)],
  },
  {
    name: 'SA5 several conflicts with one manager are told together',
    steps: [apply(a, 'one', configMap('a', { x: '1', y: '1' })), apply(a, 'two', configMap('a', { x: '2', y: '2' }))],
  },
  {
    name: 'SA5 conflicts with several managers are told together',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'two', configMap('a', { y: '1' })),
      apply(a, 'three', configMap('a', { x: '2', y: '2' })),
    ],
  },
  {
    name: 'SA5 a shared field conflicts with each of its owners',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'two', configMap('a', { x: '1' })),
      apply(a, 'three', configMap('a', { x: '2' })),
      apply(a, 'two', configMap('a', { x: '2' })),
    ],
  },
  {
    name: 'SA5 a field that was created without apply conflicts too, and its version is told',
    steps: [post(configMaps, 'creator', configMap('a', { x: '1' })), apply(a, 'two', configMap('a', { x: '2' }))],
  },
  {
    name: 'SA6 force takes the field',
    steps: [
      apply(a, 'one', configMap('a', { x: '1', y: '1' })),
      apply(a, 'two', configMap('a', { x: '2' }), force),
      apply(a, 'one', configMap('a', { x: '1', y: '1' })),
    ],
  },
  {
    name: 'SA6 force takes the field from one who updated',
    steps: [post(configMaps, 'creator', configMap('a', { x: '1' })), apply(a, 'two', configMap('a', { x: '2' }), force)],
  },
  {
    name: 'SA6 force takes the field from all who share it',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'two', configMap('a', { x: '1' })),
      apply(a, 'three', configMap('a', { x: '2' }), force),
    ],
  },
  {
    name: 'SA7 a plain write takes the fields that it changes',
    steps: [
      apply(a, 'one', configMap('a', { x: '1', y: '1' })),
      put(a, 'writer', configMap('a', { x: '2', y: '1' })),
      apply(a, 'one', configMap('a', { x: '1', y: '1' })),
    ],
  },
  {
    name: 'SA7 a patch takes the fields that it changes',
    steps: [
      apply(a, 'one', configMap('a', { x: '1', y: '1' })),
      patch('merge', a, 'patcher', { data: { y: '2', z: '3' } }),
      patch('json', a, 'patcher', [{ op: 'replace', path: '/data/x', value: '5' }]),
      patch('strategic', a, 'other', { data: { z: '4' } }),
    ],
  },
  {
    name: 'SA7 a plain write that takes a field away takes it from its owners',
    steps: [
      apply(a, 'one', configMap('a', { x: '1', y: '1' })),
      patch('merge', a, 'patcher', { data: { y: null } }),
      apply(a, 'one', configMap('a', { x: '1' })),
    ],
  },
  {
    name: 'SA7 creating owns everything that was sent',
    steps: [post(configMaps, 'creator', configMap('a', { x: '1' }, { labels: { l: '1' }, finalizers: ['example.org/f'] }))],
  },
  {
    name: 'SA7 creating a custom object owns everything that was sent, and the defaults',
    steps: [
      post(
        widgets,
        'creator',
        widget('w', {
          text: 'x',
          struct: { a: '1', deep: { c: '2' } },
          list: ['1'],
          set: ['s'],
          byName: [{ name: 'n', value: 'v' }],
        }),
      ),
    ],
  },
  {
    name: 'SA8 whoever does not name itself is called by its user agent',
    steps: [
      post(configMaps, '', configMap('a', { x: '1' })),
      put(a, '', configMap('a', { x: '2' })),
      patch('merge', a, '', { data: { x: '3' } }),
    ],
  },
  {
    name: 'SA9 applying needs the name of a manager',
    steps: [apply(a, '', configMap('a', { x: '1' }))],
  },
  {
    name: 'SA9 the name of a manager has a limit and can be shown',
    steps: [
      apply(a, 'm'.repeat(129), configMap('a')),
      apply(a, 'a\u0007b', configMap('a')),
      put(a, 'm'.repeat(129), configMap('a')),
    ],
  },
  {
    name: 'SA9 force belongs to apply',
    steps: [post(configMaps, 'one', configMap('a')), patch('merge', a, 'one', {}, force), put(a, 'one', configMap('a'), force)],
  },
  {
    name: 'SA9 a wrong dryRun and fieldValidation are refused together',
    steps: [apply(a, '', configMap('a'), { dryRun: 'Some', fieldValidation: 'Perhaps' })],
  },
  {
    name: 'SA10 the version must be that of the path',
    steps: [
      apply(a, 'one', { ...configMap('a'), apiVersion: 'v2' }),
      apply(a, 'one', { ...configMap('a'), kind: 'Secret' }),
      apply(a, 'one', { kind: 'ConfigMap', metadata: { name: 'a' } }),
      apply(a, 'one', { apiVersion: 'v1', metadata: { name: 'a' } }),
      apply(w, 'one', { ...widget('w'), apiVersion: 'example.org/v2' }),
      apply(w, 'one', { ...widget('w'), kind: 'Gadget' }),
    ],
  },
  {
    name: 'SA10 the name and the namespace must be those of the path',
    steps: [
      apply(a, 'one', configMap('b')),
      apply(a, 'one', { apiVersion: 'v1', kind: 'ConfigMap' }),
      apply(a, 'one', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      apply(a, 'one', configMap('a', {}, { namespace: 'other' })),
      apply(a, 'one', configMap('a', {}, { namespace: '{ns}' })),
      apply(a, 'one', configMap('b')),
      apply(a, 'one', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      apply(w, 'one', widget('v')),
      apply(w, 'one', { apiVersion: 'example.org/v1', kind: 'Widget', metadata: {} }),
    ],
  },
  {
    name: 'SA10 a configuration names no managers',
    steps: [
      apply(
        a,
        'one',
        configMap(
          'a',
          {},
          { managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }] },
        ),
      ),
      apply(a, 'one', configMap('a', {}, { managedFields: [] })),
    ],
  },
  {
    name: 'SA11 YAML is read, and what is no YAML is refused',
    steps: [
      { ...apply(a, 'one', {}), body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n' },
      { ...apply(a, 'one', {}), body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n  x: "2"\n' },
      {
        ...apply(a, 'one', {}, { fieldValidation: 'Strict' }),
        body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "3"\n  x: "4"\n',
      },
      {
        ...apply(a, 'one', {}, { fieldValidation: 'Ignore' }),
        body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "3"\n  x: "5"\n',
      },
    ],
  },
  {
    name: 'SA11 the media types of a patch are told',
    steps: [
      post(configMaps, 'one', configMap('a')),
      { ...apply(a, 'one', configMap('a')), contentType: 'application/apply-patch+cbor' },
      { ...apply(w, 'one', widget('w')), contentType: 'application/apply-patch+cbor' },
      { ...apply(a, 'one', configMap('a')), contentType: 'application/json' },
      { ...apply(w, 'one', widget('w')), contentType: 'application/strategic-merge-patch+json' },
    ],
  },
  {
    name: 'SA12 a dry run answers as if it had been done and stores nothing',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' }), { dryRun: 'All' }),
      get(a),
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'one', configMap('a', { x: '2' }), { dryRun: 'All' }),
      apply(a, 'two', configMap('a', { x: '2' }), { dryRun: 'All' }),
      get(a),
    ],
  },
  {
    name: 'SA13 a resourceVersion is a precondition',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'one', configMap('a', { x: '2' }, { resourceVersion: '{rv:0}' })),
      apply(a, 'one', configMap('a', { x: '3' }, { resourceVersion: '{rv:0}' })),
      apply(a, 'one', configMap('a', { x: '4' })),
    ],
  },
  {
    name: 'SA13 a uid is a precondition',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' })),
      apply(a, 'one', configMap('a', { x: '2' }, { uid: '{uid:0}' })),
      apply(a, 'one', configMap('a', { x: '3' }, { uid: '11111111-2222-3333-4444-555555555555' })),
    ],
  },
  {
    name: 'SA13 what is not there has neither',
    steps: [
      apply(a, 'one', configMap('a', { x: '1' }, { uid: '11111111-2222-3333-4444-555555555555' })),
      apply(a, 'one', configMap('a', { x: '1' }, { resourceVersion: '5' })),
      apply(w, 'one', widget('w', {}, { metadata: { uid: '11111111-2222-3333-4444-555555555555' } })),
      apply(w, 'one', widget('w', {}, { metadata: { resourceVersion: '5' } })),
    ],
  },
  {
    name: 'SA14 a value of a wrong type is refused with its path',
    steps: [
      apply(a, 'one', { ...configMap('a'), data: { x: 1 } }),
      apply(a, 'one', { ...configMap('a'), data: 'text' }),
      apply(a, 'one', { ...configMap('a'), data: ['x'] }),
      apply(a, 'one', { ...configMap('a'), data: { x: { y: 1 } } }),
      apply(a, 'one', { ...configMap('a'), immutable: 'yes' }),
      apply(a, 'one', { ...configMap('a'), unknown: 'x' }),
      apply(a, 'one', configMap('a', {}, { labels: { l: 5 } })),
      apply(a, 'one', configMap('a', {}, { unknown: 5 })),
    ],
  },
  {
    name: 'SA14 a value of a wrong type in a custom object is refused with its path',
    steps: [
      apply(w, 'one', widget('w', { text: 1 })),
      apply(w, 'one', widget('w', { number: 'x' })),
      apply(w, 'one', widget('w', { number: true })),
      apply(w, 'one', widget('w', { flag: 'x' })),
      apply(w, 'one', widget('w', { flag: 1.5 })),
      apply(w, 'one', widget('w', { unknown: 'x' })),
      apply(w, 'one', { ...widget('w'), more: 'x' }),
      apply(w, 'one', { ...widget('w'), spec: 'x' }),
      apply(w, 'one', { ...widget('w'), spec: [1, 'x', null, { a: 1.5 }] }),
      apply(w, 'one', widget('w', { map: { a: 1 } })),
      apply(w, 'one', widget('w', { struct: { deep: { e: '1' } } })),
      apply(w, 'one', widget('w', { list: 'x' })),
      apply(w, 'one', widget('w', { list: [1] })),
      apply(w, 'one', widget('w', { port: 'x' })),
      apply(w, 'one', widget('w', { port: {} })),
      apply(w, 'one', widget('w', { port: { a: 1 } })),
      apply(w, 'one', widget('w', { port: [1] })),
      apply(w, 'one', widget('w', { when: 'yesterday' })),
      apply(w, 'one', widget('w', { when: {} })),
    ],
  },
  {
    name: 'SA14 elements of a list that cannot be told apart are refused',
    steps: [
      apply(w, 'one', widget('w', { set: ['a', 'a'] })),
      apply(w, 'one', widget('w', { set: [{ a: 1 }] })),
      apply(w, 'one', widget('w', { set: [['a']] })),
      apply(w, 'one', widget('w', { set: [null] })),
      apply(w, 'one', widget('w', { byName: [{ name: 'a' }, { name: 'a' }] })),
      apply(w, 'one', widget('w', { byName: [{ value: 'a' }] })),
      apply(w, 'one', widget('w', { byName: ['a'] })),
      apply(w, 'one', widget('w', { byName: [null] })),
      apply(w, 'one', widget('w', { ports: [{ port: 1 }, { port: 1, protocol: 'TCP' }] })),
      apply(w, 'one', widget('w', { ports: [{ protocol: 'UDP' }] })),
      apply(w, 'one', widget('w', { byName: [{ name: 'a', tags: ['x', 'x'] }] })),
      apply(w, 'one', widget('w', { byName: [{ name: 'a', other: 1 }] })),
    ],
  },
  {
    name: 'SA15 what the schema refuses is refused as for every write',
    steps: [
      apply(w, 'one', widget('w', { bounded: 11 })),
      apply(w, 'one', widget('w', { choice: 'three' })),
      apply(a, 'one', configMap('a', { 'wrong key': 'x' })),
      apply(`${configMaps}/A`, 'one', configMap('A', {})),
      apply(a, 'one', configMap('a', {}, { labels: { l: 'not valid!' } })),
    ],
  },
  {
    name: 'SA16 a Secret owns the bytes that its texts become',
    steps: [
      apply(`${secrets}/s`, 'one', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { p: 'x' } }),
      apply(`${secrets}/s`, 'one', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { p: 'y' } }),
      post(secrets, 'creator', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 't' }, stringData: { p: 'x' } }),
      apply(`${secrets}/t`, 'one', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 't' },
        data: { p: 'eA==' },
        type: 'Opaque',
      }),
    ],
  },
  {
    name: 'SA17 an object that is deleted meanwhile is created again',
    steps: [apply(a, 'one', configMap('a', { x: '1' })), remove(a), apply(a, 'one', configMap('a', { x: '1' }))],
  },
]
