import { expect, test } from 'vitest'
import { sampleInstance, sampleNowMs, sampleRandom, sampleVirtualMachine } from './sample-objects.fixture.ts'
import { startDelaySeconds, startFailureOf } from './start-failure.ts'

const smallest = { ...sampleRandom(), below: () => 0 }
const largest = sampleRandom()

test.each([
  [1, 10, 15],
  [2, 40, 60],
  [3, 90, 135],
  [4, 160, 240],
  [5, 250, 300],
  [6, 300, 300],
  [1000, 300, 300],
])('RS30 failure %i waits between %i and %i seconds', (failures, least, most) => {
  expect(startDelaySeconds(failures, smallest)).toBe(least)
  expect(startDelaySeconds(failures, largest)).toBe(most)
})

const before = { consecutiveFailCount: 1, lastFailedVMIUID: 'earlier', retryAfterTimestamp: '2026-01-01T11:00:00Z' }

test('RS30 each instance that failed before it ran is counted once', () => {
  const vm = sampleVirtualMachine('Always', { status: { startFailure: before } })
  const counted = startFailureOf(vm, sampleInstance(vm, 'Failed'), sampleNowMs, smallest)
  expect(counted).toEqual({ consecutiveFailCount: 2, lastFailedVMIUID: 'vmi-uid', retryAfterTimestamp: '2026-01-01T12:00:40Z' })
  const again = { ...vm, status: { startFailure: counted ?? before } }
  expect(startFailureOf(again, sampleInstance(vm, 'Failed'), sampleNowMs + 1, smallest)).toBe(counted)
})

test('RS31 a guest that ran, or a strategy that does not retry, forgets the failures', () => {
  const vm = sampleVirtualMachine('Always', { status: { startFailure: before } })
  expect(startFailureOf(vm, sampleInstance(vm, 'Scheduled'), sampleNowMs, largest)).toBe(before)
  expect(startFailureOf(vm, sampleInstance(vm, 'Running'), sampleNowMs, largest)).toBeUndefined()
  expect(startFailureOf(vm, sampleInstance(vm, 'Failed', { hasRun: true }), sampleNowMs, largest)).toBeUndefined()
  const manual = sampleVirtualMachine('Manual', { status: { startFailure: before } })
  expect(startFailureOf(manual, sampleInstance(manual, 'Failed'), sampleNowMs, largest)).toBeUndefined()
})

test('RS30 one that was taken away before it ran has not failed', () => {
  const vm = sampleVirtualMachine('Always', { status: { startFailure: before } })
  const taken = sampleInstance(vm, 'Failed', { metadata: { deletionTimestamp: '2026-01-01T11:59:00Z' } })
  expect(startFailureOf(vm, taken, sampleNowMs, smallest)).toBe(before)
})
