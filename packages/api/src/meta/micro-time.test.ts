import { expect, it } from 'vitest'
import { microTime } from './micro-time.ts'

it.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000Z'],
  ['2026-01-02T03:04:05.123Z', '2026-01-02T03:04:05.123000Z'],
  ['2026-01-02T03:04:05.123456789+02:00', '2026-01-02T03:04:05.123456+02:00'],
  ['yesterday', 'yesterday'],
])('%s is kept as %s', (text, expected) => {
  expect(microTime(text)).toBe(expected)
})
