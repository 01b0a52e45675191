// docs/spec/event.md

import { type Event, eventDefinition, type ReportedEvent, reportedEventDefinition } from '@sheaf/api'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import { reportedEventKind } from './index.ts'
import type { Kind } from '@sheaf/machinery/kind'

const metadata = { namespace: 'default', name: 'a' }

const reported: ReportedEvent = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata,
  regarding: { kind: 'ConfigMap', namespace: 'default', name: 'settings' },
  eventTime: '2026-01-01T00:00:00.000001Z',
  reportingController: 'example.org/tester',
  reportingInstance: 'one',
  action: 'Testing',
  reason: 'Tested',
  note: 'It was tested.',
  type: 'Normal',
}

async function world() {
  const { client, server } = await startTestApi([...smallKinds, reportedEventKind as Kind])
  return {
    server,
    core: client.resource<Event>(eventDefinition),
    newer: client.resource<ReportedEvent>(reportedEventDefinition),
  }
}

test('EV1 the same event is shown by both groups, each in its words', async () => {
  const { core, newer } = await world()
  const made = await newer.create(reported)
  const seen = await core.get(metadata)
  expect(seen).toMatchObject({
    apiVersion: 'v1',
    involvedObject: { name: 'settings' },
    message: 'It was tested.',
    reportingComponent: 'example.org/tester',
  })
  expect(seen).not.toHaveProperty('note')
  expect(seen.metadata.uid).toBe(made.metadata.uid)
  await core.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'default', name: 'b' },
    involvedObject: { namespace: 'default', kind: 'ConfigMap', name: 'other' },
    message: 'It was told.',
    source: { component: 'teller' },
    count: 3,
    lastTimestamp: '2026-01-01T00:00:00Z',
  })
  const { items } = await newer.list({ namespace: 'default', fieldSelector: 'regarding.name=other' })
  expect(items).toMatchObject([
    {
      note: 'It was told.',
      deprecatedSource: { component: 'teller' },
      deprecatedCount: 3,
      deprecatedLastTimestamp: '2026-01-01T00:00:00Z',
    },
  ])
  await newer.delete({ namespace: 'default', name: 'b' })
  expect((await core.list({ namespace: 'default' })).items.map((each) => each.metadata.name)).toEqual(['a'])
})

test('EV2 what is made through one group is told to who watches the other', async () => {
  const { server, newer } = await world()
  const path = '/api/v1/namespaces/default/events?watch=true&fieldSelector=involvedObject.name%3Dsettings'
  const answer = await server.handle({ method: 'GET', path, headers: {} }, { username: 'somebody', groups: [] })
  await newer.create(reported)
  const body = answer.body as AsyncIterable<Uint8Array>
  for await (const frame of body) {
    const { type, object } = JSON.parse(Buffer.from(frame).toString()) as { type: string; object: Event }
    expect([type, object.apiVersion, object.message]).toEqual(['ADDED', 'v1', 'It was tested.'])
    break
  }
  server.close()
})

test.each<[string, Partial<ReportedEvent>, string]>([
  ['no time', { eventTime: null }, 'eventTime: Required value'],
  ['another type', { type: 'Odd' }, 'type: Invalid value: "": has invalid value: Odd'],
  ['a count', { deprecatedCount: 2 }, 'count: Invalid value: "": needs to be unset'],
  ['an old time', { deprecatedFirstTimestamp: '2026-01-01T00:00:00Z' }, 'firstTimestamp: Invalid value: "": needs to be unset'],
  ['nobody who reports', { reportingController: '' }, 'reportingController: Required value'],
  ['a long note', { note: 'x'.repeat(1025) }, 'message: Invalid value: "": can have at most 1024 characters'],
  [
    'a series of one',
    { series: { count: 1, lastObservedTime: '2026-01-01T00:00:00.000001Z' } },
    'series.count: Invalid value: "": should be at least 2',
  ],
  [
    'another place',
    { regarding: { namespace: 'other' } },
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ],
])('EV3 a new event with %s is refused', async (_, change, why) => {
  const { newer } = await world()
  await expect(newer.create({ ...reported, ...change })).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining(why),
  })
})

test('EV4 of an event only its series changes', async () => {
  const { newer } = await world()
  const made = await newer.create(reported)
  const series = { count: 2, lastObservedTime: '2026-01-01T00:01:00.000000Z' }
  const goneOn = await newer.update({ ...made, series })
  expect(goneOn).toMatchObject({ series })
  await expect(newer.update({ ...goneOn, note: 'Something else.' })).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('message: Invalid value: "Something else.": field is immutable'),
  })
})
