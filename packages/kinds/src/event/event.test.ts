import { type Event, eventDefinition } from '@sheaf/api'
import { timestamp } from '@sheaf/api/meta'
import { startEventRecorder } from '@sheaf/machinery/controller'
import { expect, test } from 'vitest'
import { startTestApi } from '../api-server.fixture.ts'
import { startEventController } from './index.ts'
import { lastHappenedMs } from './reconciler.ts'

const minuteMs = 60_000
const about = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'a', uid: 'u' } }

test('an event lives for an hour after it last happened', async () => {
  const api = await startTestApi()
  const events = api.client.resource<Event>(eventDefinition)
  const recorder = startEventRecorder({ ...api, resource: eventDefinition, component: 'test' })
  const controller = startEventController(api)
  const again = { type: 'Normal', reason: 'Again', message: 'It happened.' } as const
  const once = { type: 'Normal', reason: 'Once', message: 'It happened.' } as const
  const reasons = async (): Promise<unknown[]> => (await events.list()).items.map(({ reason, count }) => [reason, count])

  recorder.record(about, again)
  recorder.record(about, once)
  await recorder.whenIdle()
  const startMs = api.clock.now()
  await api.until(() => api.clock.now() >= startMs + 30 * minuteMs, minuteMs)
  recorder.record(about, again)
  await recorder.whenIdle()
  expect(new Map((await reasons()) as [string, number][])).toEqual(
    new Map([
      ['Again', 2],
      ['Once', 1],
    ]),
  )

  await api.until(() => api.clock.now() >= startMs + 59 * minuteMs, minuteMs)
  expect(await reasons()).toHaveLength(2)
  await api.until(async () => (await reasons()).length === 1, minuteMs)
  expect(await reasons()).toEqual([['Again', 2]])
  expect(api.clock.now()).toBeLessThan(startMs + 80 * minuteMs)
  await api.until(async () => (await reasons()).length === 0, minuteMs)
  expect(api.clock.now()).toBeGreaterThanOrEqual(startMs + 90 * minuteMs)
  await controller.stop()
  recorder.stop()
  expect(api.log.lines).toEqual([])
})

test('the latest of the times that an event carries counts', () => {
  const clock = { now: () => Date.UTC(2026, 0, 1), after: () => ({ cancel: () => undefined }) }
  const event: Event = { apiVersion: 'v1', kind: 'Event', metadata: { creationTimestamp: timestamp(clock) }, involvedObject: {} }
  expect(lastHappenedMs(event)).toBe(clock.now())
  expect(lastHappenedMs({ ...event, eventTime: '2026-01-01T00:00:05.000000Z' })).toBe(clock.now() + 5000)
  expect(lastHappenedMs({ ...event, series: { count: 2, lastObservedTime: '2026-01-01T01:00:00.000000Z' } })).toBe(
    clock.now() + 3_600_000,
  )
})
