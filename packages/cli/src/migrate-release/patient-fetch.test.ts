import type { ApiResponse } from '@sheaf/api/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { patientFetch } from './patient-fetch.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const request = { method: 'PATCH', path: '/', headers: {} }
const held: ApiResponse = { status: 429, headers: { 'retry-after': '0.001' }, body: '' }
const done: ApiResponse = { status: 200, headers: {}, body: '' }

test('UP82 a server that holds writes for a moment is waited for', async () => {
  const fetch = vi.fn().mockResolvedValueOnce(held).mockResolvedValueOnce(held).mockResolvedValue(done)
  expect(await patientFetch(fetch)(request)).toBe(done)
  expect(fetch).toHaveBeenCalledTimes(3)
})

test('UP82 but not for ever', async () => {
  const fetch = vi.fn(async () => {
    vi.advanceTimersByTime(10_000)
    return held
  })
  expect(await patientFetch(fetch)(request)).toBe(held)
  expect(fetch.mock.calls.length).toBeLessThan(10)
})
