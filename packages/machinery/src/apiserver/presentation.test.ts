import { expect, test } from 'vitest'
import { ageOf, durationText } from './age.ts'
import { duplicateFields } from './json-scan.ts'
import { warningHeaders } from './warnings.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

test.each([
  [-5, '<invalid>'],
  [-0.5, '0s'],
  [0, '0s'],
  [119, '119s'],
  [2 * minute, '2m'],
  [3 * minute + 5, '3m5s'],
  [10 * minute + 5, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [7 * hour + 9 * minute, '7h9m'],
  [8 * hour + 9 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + 3 * hour, '2d3h'],
  [8 * day + 3 * hour, '8d'],
  [729 * day, '729d'],
  [2 * year + 3 * day, '2y3d'],
  [8 * year + 3 * day, '8y'],
])('RG35 %d seconds are printed as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})

test('RG35 an age without a time is unknown', () => {
  expect([undefined, null, '', 'yesterday'].map((time) => ageOf(time, 0))).toEqual(Array(4).fill('<unknown>'))
})

test('RG40 a warning is quoted, and its UTF-8 bytes stand as single characters', () => {
  expect(warningHeaders(['a "b" \\ c', 'grün\n'])).toEqual(['299 - "a \\"b\\" \\\\ c"', '299 - "grÃ¼n "'])
})

test('RG40 too many warnings are shortened, then dropped', () => {
  const headers = warningHeaders(Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(500)}`))
  expect(headers.every((header) => header.length < 270)).toBe(true)
  expect(headers.join('').length).toBeLessThanOrEqual(4_096)
  expect(headers.length).toBeGreaterThan(10)
})

test.each([
  ['{"a":1,"b":{"a":1}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":[{"b":1},{"b":1,"b":{"c":[]}}]}', ['a[1].b']],
  ['{"a":{"x":"}\\"{"},"a":[]}', ['a']],
  ['{"\\u0061":1,"a":1}', ['a']],
  ['["a","a",{"c":1}]', []],
  ['"a"', []],
  ['{"a":{},"b":[[{"c":1,"c":2}],2]}', ['b[0][0].c']],
])('RG7 in %s the doubled fields are %o', (text, expected) => {
  expect(duplicateFields(text)).toEqual(expected)
})
