import { expect, test } from 'vitest'
import { warningTexts } from './warning-header.ts'

test.each([
  ['nothing', undefined, []],
  ['one', '299 - "spec.running is deprecated"', ['spec.running is deprecated']],
  ['several in one header', '299 - "a, b", 299 sheaf "c"', ['a, b', 'c']],
  ['several headers, repeated ones once', ['299 - "a"', '299 - "b"', '299 - "a"'], ['a', 'b']],
  ['escapes', '299 - "say \\"x\\" and \\\\"', ['say "x" and \\']],
  ['a date', '299 - "a" "Thu, 01 Jan 2026 00:00:00 GMT"', ['a']],
  ['other codes', '199 - "a", 299 - "b"', ['b']],
  ['nonsense', 'hello', []],
])('warning texts of %s', (_, header, texts) => {
  expect(warningTexts(header)).toEqual(texts)
})
