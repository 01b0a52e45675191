import { expect, test } from 'vitest'
import {
  type Body,
  gadgets,
  startServer,
  type TestServer,
  tablets,
  widgetNamed,
  widgets,
} from '../apiserver/widget-server.testdata.ts'

async function serverWithWidget(spec: object = {}, metadata: object = {}): Promise<TestServer & { widget: Body }> {
  const server = await startServer()
  const { json } = await server.send('POST', widgets, widgetNamed('a', spec, metadata))
  return { ...server, widget: json }
}

test('RG14 a stale resourceVersion is a Conflict', async () => {
  const { send, widget } = await serverWithWidget({ size: 1 })
  expect((await send('PUT', `${widgets}/a`, { ...widget, spec: { size: 2 } })).status).toBe(200)
  const { status, json } = await send('PUT', `${widgets}/a`, { ...widget, spec: { size: 3 } })
  expect(status).toBe(409)
  expect(json).toMatchObject({
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on widgets.example.org "a": the object has been modified; please apply your changes to the latest version and try again',
    details: { name: 'a', group: 'example.org', kind: 'widgets' },
  })
})

test('RG14 a custom object is not replaced without a resourceVersion, a built-in one is', async () => {
  const { send } = await serverWithWidget()
  const { status, json } = await send('PUT', `${widgets}/a`, widgetNamed('a'))
  expect(status).toBe(422)
  expect(json.message).toBe(
    'widgets.example.org "a" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
  )
  await send('POST', gadgets, { metadata: { name: 'g' } })
  expect((await send('PUT', `${gadgets}/g`, { metadata: { name: 'g' }, data: { a: 'b' } })).json.data).toEqual({ a: 'b' })
})

test('RG15 another uid is a Conflict', async () => {
  const { send, widget } = await serverWithWidget()
  const { status, json } = await send('PUT', `${widgets}/a`, { ...widget, metadata: { ...widget.metadata, uid: 'other' } })
  expect(status).toBe(409)
  expect(json.reason).toBe('Conflict')
  expect(json.message).toContain(`Precondition failed: UID in precondition: other, UID in object meta: ${widget.metadata.uid}`)
})

test.each([
  [{ name: 'b' }, 'the name of the object (b) does not match the name on the URL (a)'],
  [{ name: undefined }, 'the name of the object (a based on URL) was undeterminable: name must be provided'],
  [{ namespace: 'away' }, 'the namespace of the provided object does not match the namespace sent on the request'],
])('RG16 a body that says %o is about another object', async (metadata, message) => {
  const { send, widget } = await serverWithWidget()
  const { status, json } = await send('PUT', `${widgets}/a`, { ...widget, metadata: { ...widget.metadata, ...metadata } })
  expect([status, json.message]).toEqual([400, message])
})

test.each([
  [
    { apiVersion: 'example.org/v2' },
    400,
    'the API version in the data (example.org/v2) does not match the expected API version (example.org/v1)',
  ],
  [{ kind: 'Gizmo' }, 422, 'Gizmo.example.org "a" is invalid: kind: Invalid value: "Gizmo": must be Widget'],
  [{ kind: undefined }, 400, "Object 'Kind' is missing in '"],
])('RG16 a body that says %o is of another Kind', async (changes, code, message) => {
  const { send, widget } = await serverWithWidget()
  const { status, json } = await send('PUT', `${widgets}/a`, { ...widget, ...changes })
  expect(status).toBe(code)
  expect(json.message).toContain(message)
})

test('RG17 a write that changes nothing is no write', async () => {
  const { send, widget, store } = await serverWithWidget({ size: 1, color: 'blue' }, { labels: { b: '1', a: '2' } })
  const before = store.revision
  const reordered = {
    spec: { color: 'blue', size: 1 },
    metadata: { ...widget.metadata, labels: { a: '2', b: '1' }, annotations: {}, managedFields: [{ manager: 'x' }] },
    kind: widget.kind,
    apiVersion: widget.apiVersion,
  }
  const { status, json } = await send('PUT', `${widgets}/a`, reordered)
  expect(status).toBe(200)
  expect(json).toEqual(widget)
  expect(store.revision).toBe(before)
})

test('RG18 the generation counts changes of what is wanted, not of metadata or status', async () => {
  const { send, widget } = await serverWithWidget()
  const labelled = await send('PUT', `${widgets}/a`, { ...widget, metadata: { ...widget.metadata, labels: { a: 'b' } } })
  expect(labelled.json.metadata.generation).toBe(1)
  const observed = await send('PUT', `${widgets}/a/status`, { ...labelled.json, status: { phase: 'Up' } })
  expect(observed.json.metadata.generation).toBe(1)
  const changed = await send('PUT', `${widgets}/a`, { ...observed.json, spec: { size: 4 } })
  expect(changed.json.metadata.generation).toBe(2)
})

test('RG8 an update keeps the fields that only the server may change', async () => {
  const { send, widget } = await serverWithWidget()
  const forged = {
    ...widget.metadata,
    creationTimestamp: '1999-01-01T00:00:00Z',
    generation: 99,
    deletionTimestamp: '1999-01-01T00:00:00Z',
  }
  const { json } = await send('PUT', `${widgets}/a`, { ...widget, metadata: forged, spec: { size: 1 } })
  expect(json.metadata).toMatchObject({
    uid: widget.metadata.uid,
    creationTimestamp: widget.metadata.creationTimestamp,
    generation: 2,
  })
  expect(json.metadata.deletionTimestamp).toBeUndefined()
})

test('RG19 a write of the object leaves the status, a write of the status leaves all else', async () => {
  const { send, widget } = await serverWithWidget()
  const withStatus = {
    ...widget,
    status: { phase: 'Up' },
    spec: { size: 7 },
    metadata: { ...widget.metadata, labels: { a: 'b' } },
  }
  const main = await send('PUT', `${widgets}/a`, withStatus)
  expect(main.json.status).toBeUndefined()
  expect(main.json.spec).toMatchObject({ size: 7 })
  const status = await send('PUT', `${widgets}/a/status`, {
    ...main.json,
    status: { phase: 'Up' },
    spec: { size: 9 },
    metadata: { ...main.json.metadata, labels: { c: 'd' } },
  })
  expect(status.json).toMatchObject({ spec: { size: 7 }, status: { phase: 'Up' }, metadata: { labels: { a: 'b' } } })
  expect((await send('GET', `${widgets}/a/status`)).json).toEqual(status.json)
})

test('RG19 the status path of a built-in Kind lets labels and annotations through', async () => {
  const { send } = await startServer()
  const { json } = await send('PUT', `${tablets}/t`, { metadata: { name: 't' }, spec: { size: 1 } })
  const sent = { ...json, spec: { size: 2 }, status: { up: true }, metadata: { ...json.metadata, annotations: { beat: '1' } } }
  const answer = await send('PUT', `${tablets}/t/status`, sent)
  expect(answer.json).toMatchObject({ spec: { size: 1 }, status: { up: true }, metadata: { annotations: { beat: '1' } } })
})

test('RG19 a Kind without a status has no status path', async () => {
  const { send } = await startServer()
  await send('POST', gadgets, { metadata: { name: 'g' } })
  expect(await send('GET', `${gadgets}/g/status`)).toMatchObject({ status: 404, text: '404 page not found\n' })
  expect((await send('GET', `${widgets}/a/scale`)).json).toMatchObject({
    reason: 'NotFound',
    message: 'widgets.example.org "a" not found',
  })
})

test('RG21 a PUT of a missing object creates it only where the Kind says so', async () => {
  const { send } = await startServer()
  expect((await send('PUT', `${tablets}/t`, { metadata: { name: 't' } })).status).toBe(201)
  expect((await send('PUT', `${tablets}/t`, { metadata: { name: 'u' } })).status).toBe(400)
  expect((await send('PUT', `${tablets}/u`, { metadata: { name: 'u', resourceVersion: '5' } })).status).toBe(404)
  const race = await Promise.all([1, 2].map((size) => send('PUT', `${tablets}/v`, { metadata: { name: 'v' }, spec: { size } })))
  expect(race.map(({ status }) => status)).toEqual([201, 200])
  expect((await send('PUT', `${gadgets}/g`, { metadata: { name: 'g' } })).json.reason).toBe('NotFound')
})

test('RG12 an update is admitted with the stored object beside it', async () => {
  const { send, widget } = await serverWithWidget({ size: 5 })
  const { status, json } = await send('PUT', `${widgets}/a`, { ...widget, spec: { size: 4 } })
  expect(status).toBe(422)
  expect(json.message).toBe('Widget.example.org "a" is invalid: spec.size: Invalid value: 4: a widget does not shrink')
})

test('RG33 a dry run of an update answers what would be and stores nothing', async () => {
  const { send, widget, store } = await serverWithWidget()
  const before = store.revision
  const { json } = await send('PUT', `${widgets}/a?dryRun=All`, { ...widget, spec: { size: 8 } })
  expect(json.spec).toMatchObject({ size: 8 })
  expect(json.metadata).toMatchObject({ generation: 2, resourceVersion: widget.metadata.resourceVersion })
  expect(store.revision).toBe(before)
  expect((await send('GET', `${widgets}/a`)).json).toEqual(widget)
})
