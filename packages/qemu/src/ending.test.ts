import { describe, expect, it } from 'vitest'
import { endedAtMs, endingInForce, hostShutdown } from './ending.ts'

const beganMs = Date.UTC(2026, 0, 1)
const graceMs = 30_000
const isOfThisBoot = true

describe('an end that was announced', () => {
  const ending = hostShutdown(beganMs, graceMs)

  it('with the host counts while the guest may be about to obey, and no longer', () => {
    expect(endingInForce(ending, { atMs: beganMs + graceMs, isOfThisBoot })).toBe(ending)
    expect(endingInForce(ending, { atMs: beganMs + graceMs + 60_000, isOfThisBoot })).toBe(ending)
    expect(endingInForce(ending, { atMs: beganMs + 3_600_000, isOfThisBoot })).toBeUndefined()
  })

  it('with the host counts for ever when the host has booted since', () => {
    expect(endingInForce(ending, { atMs: beganMs + 3_600_000, isOfThisBoot: false })).toBe(ending)
  })

  it('by us counts until it is done', () => {
    for (const kind of ['kill', 'remove'] as const) {
      const ours = { kind, at: '2026-01-01T00:00:00Z' }
      expect(endingInForce(ours, { atMs: beganMs + 3_600_000, isOfThisBoot })).toBe(ours)
    }
    expect(endingInForce(undefined, { atMs: beganMs, isOfThisBoot })).toBeUndefined()
  })
})

it('the time of an end is the one that QEMU tells, where it told one', () => {
  const at = new Date(beganMs)
  expect(endedAtMs([{ name: 'SHUTDOWN', data: {}, at }], beganMs + 1)).toBe(beganMs)
  expect(endedAtMs([{ name: 'RESUME', data: {}, at }], beganMs + 1)).toBe(beganMs + 1)
})
