import { StatusError } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { onlyValue, parseFieldSelector } from './field-selector.ts'

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
