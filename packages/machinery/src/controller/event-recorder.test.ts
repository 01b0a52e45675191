import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ApiRequest, type ApiResponse, createClient } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { collectingLog } from './collecting-log.fixture.ts'
import { startEventRecorder } from './event-recorder.ts'
import { createManualClock } from './manual-clock.ts'
import { createSeededRandom } from './seeded-random.ts'
import { statusAnswer } from './widget-server.fixture.ts'

const events = { group: '', version: 'v1', plural: 'events', kind: 'Event', scope: 'Namespaced' } as const
const widget = (name: string): ApiObject => ({
  apiVersion: 'test.sheaf/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '5' },
})
const started = { type: 'Normal', reason: 'Started', message: 'It runs.' } as const

const nameOf = (request: { body: Record<string, unknown> } | undefined): string =>
  (request?.body['metadata'] as { name: string } | undefined)?.name ?? ''

function recorder(answer: (request: ApiRequest) => ApiResponse | undefined = () => undefined) {
  const clock = createManualClock()
  const log = collectingLog()
  const sent: { method: string; path: string; body: Record<string, unknown> }[] = []
  const client = createClient({
    userAgent: 'test',
    fetch: (request) => {
      const body = JSON.parse(String(request.body))
      sent.push({ method: request.method, path: request.path, body })
      return Promise.resolve(answer(request) ?? { status: 201, headers: {}, body: JSON.stringify(body) })
    },
  })
  const options = {
    client,
    resource: events,
    component: 'widget-controller',
    host: 'node1',
    clock,
    random: createSeededRandom(1),
    log,
  }
  return { recorder: startEventRecorder(options), clock, log, sent }
}

test('an event says who saw what happen to whom, and is named as Kubernetes names it', async () => {
  const { recorder: events, sent } = recorder()
  events.record(widget('w'), started)
  await events.whenIdle()
  expect(sent).toEqual([
    {
      method: 'POST',
      path: '/api/v1/namespaces/shop/events',
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { namespace: 'shop', name: expect.stringMatching(/^w\.[0-9a-f]{16}$/) },
        involvedObject: {
          apiVersion: 'test.sheaf/v1',
          kind: 'Widget',
          name: 'w',
          namespace: 'shop',
          uid: 'uid-w',
          resourceVersion: '5',
        },
        type: 'Normal',
        reason: 'Started',
        message: 'It runs.',
        source: { component: 'widget-controller', host: 'node1' },
        reportingComponent: 'widget-controller',
        reportingInstance: 'node1',
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
        eventTime: null,
      },
    },
  ])
})

test('the same event again is the same object with a higher count', async () => {
  const { recorder: events, clock, sent } = recorder()
  events.record(widget('w'), started)
  await events.whenIdle()
  clock.advance(60_000)
  events.record(widget('w'), started)
  events.record(widget('w'), started)
  await events.whenIdle()
  expect(sent.map(({ method }) => method)).toEqual(['POST', 'PATCH'])
  expect(sent[1]?.path).toBe(`/api/v1/namespaces/shop/events/${nameOf(sent[0])}`)
  expect(sent[1]?.body).toEqual({ count: 3, lastTimestamp: '2026-01-01T00:01:00Z' })
})

test('an event that expired on the server begins again', async () => {
  const { recorder: events, sent } = recorder((request) =>
    request.method === 'PATCH' ? statusAnswer(404, 'NotFound') : undefined,
  )
  events.record(widget('w'), started)
  await events.whenIdle()
  events.record(widget('w'), started)
  await events.whenIdle()
  expect(sent.map(({ method, body }) => [method, body['count']])).toEqual([
    ['POST', 1],
    ['PATCH', 2],
    ['POST', 1],
  ])
})

test('events about cluster-scoped objects are kept in default', async () => {
  const { recorder: events, sent } = recorder()
  events.record({ apiVersion: 'v1', kind: 'Gadget', metadata: { name: 'g' } }, started)
  await events.whenIdle()
  expect(sent[0]?.path).toBe('/api/v1/namespaces/default/events')
})

test('recording sends nothing before the caller is done', () => {
  const { recorder: events, sent } = recorder()
  events.record(widget('w'), started)
  expect(sent).toEqual([])
})

test('a server that is away for a while loses nothing; a refusal is dropped without a word', async () => {
  const answers = [statusAnswer(503, 'ServiceUnavailable'), statusAnswer(503, 'ServiceUnavailable')]
  const away = recorder(() => answers.shift())
  away.recorder.record(widget('w'), started)
  for (let turn = 0; turn < 100 && away.sent.length < 3; turn++) {
    await nextTurn()
    away.clock.advance(1000)
  }
  await away.recorder.whenIdle()
  expect(away.sent).toHaveLength(3)

  const ending = recorder(() => statusAnswer(403, 'Forbidden', 'namespace is being terminated'))
  ending.recorder.record(widget('w'), started)
  await ending.recorder.whenIdle()
  expect(ending.sent).toHaveLength(1)
  expect(ending.log.lines).toEqual([])
})

test('more different events than anybody reads are dropped, with one line in the log', async () => {
  const { recorder: events, log, sent } = recorder()
  for (let n = 0; n < 1500; n++) events.record(widget(`w${n}`), started)
  await events.whenIdle()
  expect(sent).toHaveLength(1000)
  expect(log.lines).toEqual(['warn: too many events to write; dropping new ones until these are written'])
  events.record(widget('next'), started)
  await events.whenIdle()
  expect(sent).toHaveLength(1001)
})
