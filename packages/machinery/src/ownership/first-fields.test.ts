import type { Json, JsonObject, JsonSchema } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { createSeededRandom } from '../controller/seeded-random.ts'
import { compareFields } from './compare-fields.ts'
import { pathsOf, union } from './field-set.ts'
import { fieldTypeOf } from './field-type.ts'
import { firstFields } from './first-fields.ts'

const schema: JsonSchema = {
  type: 'object',
  properties: {
    whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
    named: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
    },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    inner: { type: 'object', properties: { text: { type: 'string' }, count: { type: 'integer' } } },
    free: { type: 'object', additionalProperties: { type: 'string' } },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
  },
}
const type = fieldTypeOf(schema, {})

test('the fields of a new object are those in which it differs from an empty one, however often such a one was made', () => {
  const random = createSeededRandom(7)
  const pick = <T>(...values: readonly T[]): T => values[random.below(values.length)] as T
  const texts = (): JsonObject =>
    Object.fromEntries(pick([], ['a'], ['a', 'b'], ['1:a', ''], ['a:.1', '}']).map((name) => [name, pick('', 'x')]))
  const value: Record<string, () => Json> = {
    whole: texts,
    free: texts,
    set: () => pick<Json>([], ['a'], ['a', 'a'], ['a', 'b']),
    named: () =>
      pick<Json>([], [{ name: 'a' }], [{ name: 'a', value: 'x' }, { name: 'b' }], [{ name: 'a' }, { name: 'a', value: 'x' }]),
    inner: () => pick<Json>({}, null, { text: 'x' }, { text: 'y', count: 1 }, { count: 2 }),
    any: () => pick<Json>(1, null, 'x', [], [{}], {}, { a: { b: [1] } }, { a: null }),
  }
  const some = (): JsonObject =>
    Object.fromEntries(Object.keys(value).flatMap((name) => (random.below(2) === 0 ? [] : [[name, value[name]?.() ?? null]])))
  for (let round = 0; round < 60; round++) {
    const empty = some()
    for (let each = 0; each < 60; each++) {
      const next = some()
      const { modified, added } = compareFields(empty, next, type)
      expect(pathsOf(firstFields(empty, next, type)), JSON.stringify({ empty, next })).toEqual(pathsOf(union(modified, added)))
    }
  }
})
