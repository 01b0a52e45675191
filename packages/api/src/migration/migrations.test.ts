import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyJsonPatch } from '../../../machinery/src/registry/patch/json-patch.ts'
import { changePatch, changesOf, type FieldChange, reversed, standOf } from '../deprecation/field-change.ts'
import type { PathEdit } from '../deprecation/path-edit.ts'
import { type Json, type JsonObject, sameJson } from '../meta/index.ts'
import { migrationNames, migrations } from './migrations.ts'

test('UP87 every migration has a name of its own, by which release.yaml and journals know it for ever', () => {
  expect(migrationNames[0]).toBe('running-to-run-strategy')
  expect(new Set(migrationNames).size).toBe(migrations.length)
  for (const name of migrationNames) expect(name).toMatch(/^[a-z][a-z-]+$/)
})

const value = fc.constantFrom<Json>(true, 'Always', 7, ['a'], { c: 1 })
const edit: fc.Arbitrary<PathEdit> = fc.oneof(
  fc.record({ op: fc.constant('delete' as const), path: fc.constant(['spec', 'a/b~']) }),
  fc.record({ op: fc.constant('set' as const), path: fc.constant(['spec', 'a/b~']), value }),
  fc.record({ op: fc.constant('rename' as const), path: fc.constant(['spec', 'a/b~']), key: fc.constant('new'), value }),
)

const patched = (object: Json, changes: readonly FieldChange[]): Json => applyJsonPatch(object, changePatch(changes))

test('UP80 whatever is changed can be told from what was there before, and is taken back exactly', () => {
  fc.assert(
    fc.property(edit, value, value, (each, before, other) => {
      const object: JsonObject = { spec: { 'a/b~': before, beside: other } }
      const changes = changesOf(each, before)
      const after = patched(object, changes)
      expect(standOf(object, changes)).toBe('before')
      expect(standOf(after, changes)).toBe(sameJson(after, object) ? 'before' : 'after')
      expect(patched(after, reversed(changes))).toEqual(object)
      expect(standOf({ spec: { beside: other, 'a/b~': 'of somebody else', new: 'too' } }, changes)).toBe('otherwise')
    }),
  )
})
