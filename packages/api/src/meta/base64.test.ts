import fc from 'fast-check'
import { expect, it } from 'vitest'
import { base64Length, fromBase64, toBase64 } from './base64.ts'

it('text comes back from base64 as it went in, and its length is known beforehand', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = toBase64(text)
      expect(encoded).toBe(Buffer.from(text).toString('base64'))
      expect(fromBase64(encoded)).toBe(text)
      expect(base64Length(encoded)).toBe(Buffer.byteLength(text))
    }),
  )
})

it.each(['a', 'ab=c', 'a===', 'ab cd', '****'])('%j is not base64', (text) => {
  expect(base64Length(text)).toBeUndefined()
  expect(fromBase64(text)).toBeUndefined()
})
