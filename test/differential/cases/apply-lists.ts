// Each sort of field that a schema can have, through the same few flows: what two managers and a plain writer make of it.

import type { Json, JsonObject } from '@sheaf/api/meta'
import type { ExchangeCase, Step } from '../exchange-case.ts'
import { apply, force, get, later, patch, post, put, widget, widgets } from './steps.ts'

interface Sort {
  what: string
  /** What one manager wants, what another wants, and what a plain writer makes of it. */
  one: JsonObject
  two: JsonObject
  written: JsonObject
}

const sorts: readonly Sort[] = [
  { what: 'a text', one: { text: 'a' }, two: { text: 'b' }, written: { text: 'c' } },
  { what: 'a number', one: { number: 1 }, two: { number: 2 }, written: { number: 3 } },
  { what: 'a fraction', one: { ratio: 0.5 }, two: { ratio: 1 }, written: { ratio: 1.25 } },
  { what: 'a port', one: { port: 80 }, two: { port: 'http' }, written: { port: 81 } },
  { what: 'a flag', one: { flag: true }, two: { flag: false }, written: {} },
  { what: 'a field with a default', one: { color: 'red' }, two: { color: 'blue' }, written: { color: 'green' } },
  { what: 'a field that may be null', one: { nothing: null }, two: { nothing: 'x' }, written: { nothing: null } },
  { what: 'a field that may not be null', one: { text: null, number: 1 }, two: { text: 'x' }, written: { text: 'y' } },
  {
    what: 'a struct',
    one: { struct: { a: '1', deep: { c: '1' } } },
    two: { struct: { b: '2', deep: { c: '2', d: '2' } } },
    written: { struct: { a: '3', deep: { d: '3' } } },
  },
  { what: 'an empty struct', one: { struct: {} }, two: { struct: { deep: {} } }, written: { struct: { deep: { c: 'x' } } } },
  {
    what: 'an atomic struct',
    one: { atomicStruct: { a: '1', deep: { c: '1' } } },
    two: { atomicStruct: { b: '2' } },
    written: { atomicStruct: { a: '1' } },
  },
  { what: 'a map', one: { map: { a: '1', b: '1' } }, two: { map: { b: '2', c: '2' } }, written: { map: { a: '3', d: '3' } } },
  { what: 'an empty map', one: { map: {} }, two: { map: { a: '1' } }, written: { map: {} } },
  {
    what: 'an atomic map',
    one: { atomicMap: { a: '1' } },
    two: { atomicMap: { b: '2' } },
    written: { atomicMap: { a: '1', c: '3' } },
  },
  {
    what: 'a map of structs',
    one: { mapOfStructs: { x: { a: '1' }, y: { a: '1' } } },
    two: { mapOfStructs: { x: { b: '2' }, z: {} } },
    written: { mapOfStructs: { x: { a: '3' }, z: { b: '3' } } },
  },
  { what: 'a list', one: { list: ['a', 'b'] }, two: { list: ['b', 'c'] }, written: { list: ['a', 'b', 'd'] } },
  { what: 'an empty list', one: { list: [] }, two: { list: ['b'] }, written: { list: [] } },
  {
    what: 'a list of structs',
    one: { listOfStructs: [{ a: '1' }] },
    two: { listOfStructs: [{ a: '1', b: '2' }] },
    written: { listOfStructs: [] },
  },
  { what: 'a set', one: { set: ['a', 'b', 'c'] }, two: { set: ['d', 'b', 'e'] }, written: { set: ['c', 'x', 'a'] } },
  { what: 'an empty set', one: { set: [] }, two: { set: ['a'] }, written: { set: [] } },
  { what: 'a set of numbers', one: { numbers: [3, 10, 1] }, two: { numbers: [2, 10] }, written: { numbers: [1, 2] } },
  {
    what: 'a list by name',
    one: {
      byName: [
        { name: 'a', value: '1' },
        { name: 'b', value: '1', tags: ['x'] },
      ],
    },
    two: {
      byName: [
        { name: 'c', value: '2' },
        { name: 'b', tags: ['y'] },
      ],
    },
    written: { byName: [{ name: 'b', value: '3', tags: ['x'] }, { name: 'd' }] },
  },
  {
    what: 'a list by name whose values differ',
    one: { byName: [{ name: 'a', value: '1' }] },
    two: { byName: [{ name: 'a', value: '2' }] },
    written: { byName: [{ name: 'a', value: '3' }] },
  },
  { what: 'an empty list by name', one: { byName: [] }, two: { byName: [{ name: 'a' }] }, written: { byName: [] } },
  {
    what: 'a list by two keys, one with a default',
    one: { ports: [{ port: 1 }, { port: 2, protocol: 'UDP' }] },
    two: { ports: [{ port: 1, protocol: 'TCP', note: 'x' }, { port: 2 }] },
    written: { ports: [{ port: 2, protocol: 'UDP', note: 'y' }] },
  },
  {
    what: 'what nobody describes',
    one: { free: { a: 1, b: { c: [1, 2], d: 'x' } } },
    two: { free: { b: { c: [3], e: null }, f: {} } },
    written: { free: { a: { now: 'a map' }, b: 'a text' } },
  },
  {
    what: 'what is described in part',
    one: { known: { a: '1', other: { x: 1 } } },
    two: { known: { other: { y: 2 } } },
    written: { known: { a: '2', other: [1] } },
  },
  {
    what: 'a default inside a struct',
    one: { embedded: { template: { size: 1 } } },
    two: { embedded: { template: { color: 'red' }, replicas: 2 } },
    written: { embedded: { template: {} } },
  },
]

const w = `${widgets}/w`
const spec = (value: Json): Json => ({ spec: value })

function flowsOf({ what, one, two, written }: Sort): ExchangeCase[] {
  const both = { text: 'shared' }
  const flow = (name: string, ...steps: Step[]): ExchangeCase => ({ name: `SA20 ${what}: ${name}`, steps })
  return [
    flow(
      'two apply, the second with force, and the first goes on',
      apply(w, 'one', widget('w', one)),
      apply(w, 'two', widget('w', two)),
      apply(w, 'two', widget('w', two), force),
      apply(w, 'one', widget('w', one)),
      apply(w, 'one', widget('w', {})),
      apply(w, 'two', widget('w')),
    ),
    flow(
      'a plain writer changes it, and who applied wants it back',
      apply(w, 'one', widget('w', { ...both, ...one })),
      patch('merge', w, 'writer', spec(written)),
      apply(w, 'one', widget('w', { ...both, ...one })),
      apply(w, 'one', widget('w', { ...both, ...one }), force),
      apply(w, 'one', widget('w', both)),
      get(w),
    ),
    flow(
      'it was created plainly, and somebody applies',
      post(widgets, 'creator', widget('w', { ...both, ...written })),
      apply(w, 'one', widget('w', one)),
      apply(w, 'one', widget('w', one), force),
      put(w, 'writer', widget('w', two, { metadata: { resourceVersion: '{rv:2}' } })),
      later(apply(w, 'one', widget('w', both))),
      get(w),
    ),
  ]
}

/** Through all the flows, in two files: a file of the repository has a limit. */
export const applyScalarsAndMaps: readonly ExchangeCase[] = sorts.slice(0, 15).flatMap(flowsOf)

export const applyLists: readonly ExchangeCase[] = [
  ...sorts.slice(15).flatMap(flowsOf),
  {
    name: 'SA21 the applied order of a list leads, and others keep their places',
    steps: [
      apply(w, 'one', widget('w', { set: ['a', 'b', 'c', 'd'] })),
      apply(w, 'two', widget('w', { set: ['x', 'c', 'a', 'y'] })),
      apply(w, 'two', widget('w', { set: ['c', 'y', 'x', 'a'] })),
      apply(w, 'one', widget('w', { set: ['d', 'c', 'b', 'a'] })),
      apply(w, 'one', widget('w', { set: ['b', 'e'] })),
    ],
  },
  {
    name: 'SA21 the applied order of a list by name leads',
    steps: [
      apply(w, 'one', widget('w', { byName: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })),
      apply(w, 'two', widget('w', { byName: [{ name: 'c' }, { name: 'z' }, { name: 'a' }] })),
      apply(w, 'one', widget('w', { byName: [{ name: 'c' }, { name: 'q' }] })),
      apply(w, 'two', widget('w', { byName: [{ name: 'z' }] })),
    ],
  },
  {
    name: 'SA21 an element stays as long as somebody owns something in it',
    steps: [
      apply(w, 'one', widget('w', { byName: [{ name: 'a', value: '1' }] })),
      apply(w, 'two', widget('w', { byName: [{ name: 'a', tags: ['x'] }] })),
      apply(w, 'one', widget('w', { byName: [] })),
      apply(w, 'two', widget('w', { byName: [{ name: 'a' }] })),
      apply(w, 'two', widget('w', {})),
    ],
  },
  {
    name: 'SA21 an element that a plain writer added to stays',
    steps: [
      apply(w, 'one', widget('w', { byName: [{ name: 'a', value: '1' }] })),
      patch('json', w, 'writer', [{ op: 'add', path: '/spec/byName/0/tags', value: ['x'] }]),
      apply(w, 'one', widget('w', {})),
    ],
  },
  {
    name: 'SA21 a struct stays as long as somebody owns something in it',
    steps: [
      apply(w, 'one', widget('w', { struct: { a: '1', deep: { c: '1' } } })),
      apply(w, 'two', widget('w', { struct: { deep: { d: '1' } } })),
      apply(w, 'one', widget('w', {})),
      apply(w, 'two', widget('w', {})),
      apply(w, 'two', widget('w')),
    ],
  },
  {
    name: 'SA21 elements with one name in a stored list are in one piece',
    steps: [
      post(
        widgets,
        'creator',
        widget('w', { free: { list: [1, 1] }, list: ['a', 'a'], listOfStructs: [{ a: '1' }, { a: '1' }] }),
      ),
      apply(w, 'one', widget('w', { list: ['a', 'a'], listOfStructs: [{ a: '1' }, { a: '1' }] })),
      post(widgets, 'creator', widget('v', { set: ['a', 'a'] })),
      post(widgets, 'creator', widget('v', { byName: [{ name: 'a' }, { name: 'a' }] })),
    ],
  },
  {
    name: 'SA22 finalizers are owned one by one',
    steps: [
      apply(w, 'one', widget('w', {}, { metadata: { finalizers: ['example.org/a', 'example.org/b'] } })),
      apply(w, 'two', widget('w', {}, { metadata: { finalizers: ['example.org/c', 'example.org/a'] } })),
      apply(w, 'one', widget('w', {}, { metadata: { finalizers: ['example.org/b'] } })),
      apply(w, 'two', widget('w', {})),
    ],
  },
  {
    name: 'SA22 an owner reference is one field, found by its uid',
    steps: [
      apply(
        w,
        'one',
        widget('w', {}, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u1' }] } }),
      ),
      apply(
        w,
        'two',
        widget(
          'w',
          {},
          { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: 'u2', controller: true }] } },
        ),
      ),
      apply(
        w,
        'two',
        widget('w', {}, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid: 'u1' }] } }),
      ),
      apply(w, 'one', widget('w', {})),
    ],
  },
  {
    name: 'SA22 metadata of the server cannot be applied to',
    steps: [
      apply(
        w,
        'one',
        widget('w', { text: 'x' }, { metadata: { generation: 7, creationTimestamp: '2020-01-01T00:00:00Z', selfLink: '/x' } }),
      ),
      apply(w, 'one', widget('w', { text: 'y' }, { metadata: { generation: 7, creationTimestamp: null } })),
      get(w),
    ],
  },
  {
    name: 'SA22 a generateName can be applied',
    steps: [apply(w, 'one', widget('w', {}, { metadata: { generateName: 'x-' } })), apply(w, 'one', widget('w', {}))],
  },
]
