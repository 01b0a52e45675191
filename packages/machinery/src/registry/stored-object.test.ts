import { type ApiObject, sameJson } from '@sheaf/api/meta'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeObject } from './stored-object.ts'

const fields = fc.dictionary(fc.string(), fc.jsonValue())
const object = fc.record({ meta: fields, rest: fields }).map(
  ({ meta, rest }): ApiObject => ({
    ...rest,
    apiVersion: 'example.org/v1',
    kind: 'Widget',
    metadata: { ...meta, name: 'a', resourceVersion: 'old' },
  }),
)

test('RG8 the stored text is the object with the revision it was given', () => {
  fc.assert(
    fc.property(object, fc.nat(), (value, revision) => {
      const { resourceVersion: _old, ...meta } = value.metadata
      const version = revision === 0 ? {} : { resourceVersion: String(revision) }
      const expected: unknown = JSON.parse(JSON.stringify({ ...value, metadata: { ...meta, ...version } }))
      expect(JSON.parse(encodeObject(value)(revision))).toEqual(expected)
    }),
  )
})

test('RG17 values are the same when they say the same, in whatever order', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, item]) => [key, reversed(item)] as const)
    return Object.fromEntries([...entries.reverse(), ['undefined-member', undefined]])
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => sameJson(value, reversed(value))))
})

test.each([
  [1, '1'],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, {}],
  [{}, { a: null }],
  [{ a: null }, {}],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, 1]],
  [[], {}],
  [null, {}],
  [{ constructor: 'a' }, {}],
])('RG17 %o and %o are not the same', (a, b) => {
  expect([sameJson(a, b), sameJson(b, a)]).toEqual([false, false])
})
