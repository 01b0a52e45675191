import { expect, test } from 'vitest'
import { changedFields, saysTheSame } from './changed-fields.ts'

test('values that say the same differ nowhere: order of names and absent names do not count', () => {
  expect(saysTheSame({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1, d: undefined })).toBe(true)
})

test('differences are named by their paths, a list of another length as a whole', () => {
  const before = { domain: { memory: { guest: '1Gi' }, disks: [{ name: 'a' }] }, networks: [1] }
  const after = { domain: { memory: { guest: '2Gi' }, disks: [{ name: 'b' }] }, networks: [1, 2], hostname: 'x' }
  expect(changedFields(before, after)).toEqual(['domain.memory.guest', 'domain.disks[0].name', 'networks', 'hostname'])
  expect(changedFields({ a: {} }, { a: [] })).toEqual(['a'])
  expect(changedFields(null, {})).toEqual([''])
})
