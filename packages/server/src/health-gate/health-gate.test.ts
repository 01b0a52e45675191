import { expect, test } from 'vitest'
import type { HealthSight } from './decide.ts'
import { proveHealth } from './health-gate.ts'

const good: HealthSight = {
  api: { kind: 'answers' },
  watchDelivers: true,
  controllers: { isSynced: true, isAtRest: true },
  guestsBefore: [],
  machines: new Map(),
}
const { signal } = new AbortController()

test('UP14 it is looked at until it is good', async () => {
  const sights = [{ ...good, watchDelivers: false }, { ...good, watchDelivers: false }, good]
  const look = async (): Promise<HealthSight> => sights.shift() ?? good
  expect(await proveHealth({ look, deadlineMs: 60_000, signal })).toEqual({ kind: 'proven' })
  expect(sights).toEqual([])
})

test('UP14 when the time is up, it says what it waited for', async () => {
  const look = async (): Promise<HealthSight> => ({ ...good, watchDelivers: false })
  const proof = await proveHealth({ look, deadlineMs: 1, signal })
  expect(proof).toEqual({ kind: 'unfit', why: 'after 0 s it still waited for a change to come out of a watch' })
})

test('UP22 a server that ends looks no more', async () => {
  const ending = new AbortController()
  const look = async (): Promise<HealthSight> => {
    ending.abort()
    return { ...good, watchDelivers: false }
  }
  expect(await proveHealth({ look, deadlineMs: 60_000, signal: ending.signal })).toMatchObject({ kind: 'unfit' })
})
