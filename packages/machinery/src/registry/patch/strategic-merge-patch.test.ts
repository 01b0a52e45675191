import { type Json, type JsonSchema, StatusError } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

const byName = { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'name' } as const
const schema: JsonSchema = {
  type: 'object',
  properties: {
    map: {
      type: 'object',
      properties: { tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' } },
    },
    parts: { type: 'array', items: { $ref: '#/definitions/Part' }, ...byName },
    volumes: {
      type: 'array',
      items: { type: 'object' },
      'x-kubernetes-patch-strategy': 'merge,retainKeys',
      'x-kubernetes-patch-merge-key': 'name',
    },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    plain: { type: 'array', items: { type: 'string' } },
  },
}
const definitions = {
  Part: {
    type: 'object',
    properties: { name: { type: 'string' }, parts: { type: 'array', items: { $ref: '#/definitions/Part' }, ...byName } },
  },
} satisfies Record<string, JsonSchema>

const apply = (document: Json, patch: Json): Json => applyStrategicMergePatch(document, patch, schema, definitions)
const named = (...names: string[]): Json => names.map((name) => ({ name }))

test.each<[string, Json, Json, Json]>([
  [
    'maps merge, null deletes, scalars replace',
    { map: { a: 1, b: 2 }, c: 3 },
    { map: { a: null, d: 4 }, c: 5 },
    { map: { b: 2, d: 4 }, c: 5 },
  ],
  ['lists without a strategy are replaced', { plain: ['a', 'b'] }, { plain: ['c'] }, { plain: ['c'] }],
  ['lists of primitives unite', { tags: ['a', 'b'] }, { tags: ['b', 'c'] }, { tags: ['a', 'b', 'c'] }],
  [
    'elements with the same key merge',
    { parts: [{ name: 'a', x: 1 }, { name: 'b' }] },
    { parts: [{ name: 'a', y: 2 }] },
    { parts: [{ name: 'a', x: 1, y: 2 }, { name: 'b' }] },
  ],
  [
    'elements with a new key come before those they do not name',
    { parts: named('a') },
    { parts: named('b') },
    { parts: named('b', 'a') },
  ],
  [
    'lists inside elements merge too, through references',
    { parts: [{ name: 'a', parts: named('x') }] },
    { parts: [{ name: 'a', parts: named('y') }] },
    { parts: [{ name: 'a', parts: named('y', 'x') }] },
  ],
  ['a missing list is made', {}, { parts: [{ name: 'a' }], tags: ['t'] }, { parts: named('a'), tags: ['t'] }],
  [
    '$patch: delete takes an element away',
    { parts: named('a', 'b') },
    { parts: [{ $patch: 'delete', name: 'a' }] },
    { parts: named('b') },
  ],
  [
    '$patch: delete of a missing element is nothing',
    { parts: named('a') },
    { parts: [{ $patch: 'delete', name: 'z' }] },
    { parts: named('a') },
  ],
  [
    '$patch: replace as an element replaces the list',
    { parts: named('a', 'b') },
    { parts: [{ name: 'c' }, { $patch: 'replace' }] },
    { parts: named('c') },
  ],
  ['$patch: replace in a map replaces the map', { map: { a: 1, b: 2 } }, { map: { $patch: 'replace', c: 3 } }, { map: { c: 3 } }],
  ['$patch: delete in a map empties it', { map: { a: 1 } }, { map: { $patch: 'delete' } }, { map: {} }],
  [
    '$deleteFromPrimitiveList takes primitives away',
    { tags: ['a', 'b', 'c'] },
    { '$deleteFromPrimitiveList/tags': ['b'], tags: ['d'] },
    { tags: ['d', 'a', 'c'] },
  ],
  [
    '$setElementOrder orders the named elements',
    { parts: named('a', 'b') },
    { '$setElementOrder/parts': named('c', 'b', 'a'), parts: named('c') },
    { parts: named('c', 'b', 'a') },
  ],
  [
    '$setElementOrder leaves the elements it does not name before those they stood before',
    { parts: named('a', 'x', 'b') },
    { '$setElementOrder/parts': named('a', 'b', 'n'), parts: named('n') },
    { parts: named('a', 'x', 'b', 'n') },
  ],
  ['$setElementOrder orders primitives', { tags: ['a', 'b'] }, { '$setElementOrder/tags': ['b', 'a'] }, { tags: ['b', 'a'] }],
  [
    '$retainKeys leaves only the fields it names',
    { volumes: [{ name: 'v', disk: {}, size: 1 }] },
    { volumes: [{ $retainKeys: ['name', 'file'], name: 'v', file: {} }] },
    { volumes: [{ name: 'v', file: {} }] },
  ],
  [
    'finalizers unite and owners merge by uid, whatever the schema',
    { metadata: { finalizers: ['a'], ownerReferences: [{ uid: '1', name: 'x' }] } },
    { metadata: { finalizers: ['b'], ownerReferences: [{ uid: '1', name: 'y' }] } },
    { metadata: { finalizers: ['b', 'a'], ownerReferences: [{ uid: '1', name: 'y' }] } },
  ],
  [
    'directives do not stay in what is new',
    {},
    { map: { $patch: 'replace', tags: ['a'], '$setElementOrder/tags': ['a'] } },
    { map: { tags: ['a'] } },
  ],
])('RG25 %s', (_rule, document, patch, expected) => {
  const before = structuredClone(document)
  expect(apply(document, patch)).toEqual(expected)
  expect(document).toEqual(before)
})

test.each<[string, Json]>([
  ['an unknown directive', { map: { $patch: 'explode' } }],
  ['merge as a directive, which is what happens anyway', { map: { $patch: 'merge' } }],
  ['an order that is no list', { '$setElementOrder/parts': 'a', parts: [] }],
  ['an element without its key', { parts: [{ size: 1 }] }],
  ['an element that is no object', { parts: ['a'] }],
  ['a list of lists', { tags: [['a']] }],
  ['a field that is not retained', { volumes: [{ $retainKeys: ['name'], name: 'v', file: {} }] }],
  ['a list', []],
])('RG25 %s is refused', (_what, patch) => {
  expect(() => apply({}, patch)).toThrow(StatusError)
})

test('RG25 a list as long as a body allows holds nobody up', () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `f${index}`)
  const reversed = names.toReversed()
  const merged = apply(
    { tags: names, parts: names.map((name) => ({ name })) },
    { tags: reversed, '$setElementOrder/tags': reversed, parts: names.map((name) => ({ name, size: 1 })) },
  )
  expect(merged).toEqual({ tags: reversed, parts: names.map((name) => ({ name, size: 1 })) })
})
