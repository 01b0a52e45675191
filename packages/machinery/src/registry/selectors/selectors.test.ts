import { StatusError } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { onlyValue, parseFieldSelector } from './field-selector.ts'
import { matchesLabels, parseLabelSelector } from './label-selector.ts'

const labels = { app: 'web', tier: 'front', count: '5', empty: '' }

test.each([
  ['', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier', true],
  ['app!=web', false],
  ['none!=web', true],
  ['app in (web,db)', true],
  ['app in (db)', false],
  ['app notin (db, cache)', true],
  ['none notin (db)', true],
  ['app', true],
  ['!app', false],
  ['! none', true],
  ['count>4', true],
  ['count > 5', false],
  ['count<6', true],
  ['app>1', false],
  ['none<1', false],
  ['empty=', true],
  ['empty in (,x)', true],
  ['app in (web,db),tier=back', false],
  ['example.org/app', false],
])('RG34 the label selector %o matches: %o', (text, expected) => {
  expect(matchesLabels(parseLabelSelector(text), labels)).toBe(expected)
})

test.each(['a=b=c', 'a in b', 'a in (b', '=b', 'a,,b', 'a b', '(a)', 'a>x', 'a_/b/c', 'a=-', ',', 'in (a)'])(
  'RG34 the label selector %o is refused',
  (text) => {
    expect(() => parseLabelSelector(text)).toThrow(/^unable to parse requirement: /)
    expect(() => parseLabelSelector(text)).toThrow(StatusError)
  },
)

test('RG34 labels named like parts of an object are only labels', () => {
  expect(matchesLabels(parseLabelSelector('constructor'), {})).toBe(false)
})

test('RG34 field selectors compare with =, == and !=, and a backslash takes the meaning from the next character', () => {
  expect(parseFieldSelector('a.b=c,d==e,f!=g')).toEqual([
    { field: 'a.b', operator: '=', value: 'c' },
    { field: 'd', operator: '=', value: 'e' },
    { field: 'f', operator: '!=', value: 'g' },
  ])
  expect(parseFieldSelector('a=b\\,c\\=d\\\\')).toEqual([{ field: 'a', operator: '=', value: 'b,c=d\\' }])
  expect(parseFieldSelector('')).toEqual([])
  expect(onlyValue(parseFieldSelector('a!=x,a=y'), 'a')).toBe('y')
})

test.each(['a', 'a>b', 'a=b=c'])('RG34 the field selector %o is refused', (text) => {
  expect(() => parseFieldSelector(text)).toThrow(StatusError)
})
