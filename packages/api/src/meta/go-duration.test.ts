import { expect, test } from 'vitest'
import { goDurationMs } from './go-duration.ts'

test.each([
  ['5m0s', 300_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['.5m', 30_000],
  ['300ms', 300],
  ['-10s', -10_000],
  ['0', 0],
])('%s', (text, ms) => {
  expect(goDurationMs(text)).toBe(ms)
})

test.each(['', '5', '5 m', 'm', '1d', '5mx', '-'])('"%s" is none', (text) => {
  expect(goDurationMs(text)).toBeUndefined()
})
