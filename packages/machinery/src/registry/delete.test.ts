import { expect, test } from 'vitest'
import { gadgets, openWatch, startServer, widgetNamed, widgets } from '../apiserver/widget-server.testdata.ts'

test('RG27 an object that nobody holds goes at once, and the answer is a Status', async () => {
  const { send } = await startServer()
  const { json: created } = await send('POST', widgets, widgetNamed('a'))
  const { status, json } = await send('DELETE', `${widgets}/a`, { propagationPolicy: 'Background' })
  expect(status).toBe(200)
  expect(json).toMatchObject({
    kind: 'Status',
    status: 'Success',
    details: { name: 'a', group: 'example.org', kind: 'widgets', uid: created.metadata.uid },
  })
  expect((await send('GET', `${widgets}/a`)).json.reason).toBe('NotFound')
  expect((await send('DELETE', `${widgets}/a`)).json.reason).toBe('NotFound')
})

test('RG27 an object with finalizers is marked and stays; a second delete changes nothing', async () => {
  const { send, store } = await startServer()
  await send('POST', widgets, widgetNamed('a', {}, { finalizers: ['x.io/wait'] }))
  const { status, json } = await send('DELETE', `${widgets}/a`)
  expect(status).toBe(200)
  expect(json.kind).toBe('Widget')
  expect(json.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, generation: 2 })
  const before = store.revision
  expect((await send('DELETE', `${widgets}/a`)).json).toEqual(json)
  expect(store.revision).toBe(before)
})

test('RG28 the update that takes the last finalizer away removes the object', async () => {
  const server = await startServer()
  const { send } = server
  await send('POST', widgets, widgetNamed('a', {}, { finalizers: ['x.io/wait'] }))
  const { json: marked } = await send('DELETE', `${widgets}/a`)
  const watch = await openWatch(server, `${widgets}?watch=1&resourceVersion=${marked.metadata.resourceVersion}`)
  const { status, json } = await send('PUT', `${widgets}/a`, { ...marked, metadata: { ...marked.metadata, finalizers: [] } })
  expect(status).toBe(200)
  expect(json.metadata.name).toBe('a')
  expect((await send('GET', `${widgets}/a`)).status).toBe(404)
  const { type, object } = await watch.next()
  expect(type).toBe('DELETED')
  expect(json.metadata.resourceVersion).toBe(marked.metadata.resourceVersion)
  expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(Number(marked.metadata.resourceVersion))
})

test('RG28 no finalizer comes onto an object that is being deleted', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a', {}, { finalizers: ['x.io/wait'] }))
  const { json: marked } = await send('DELETE', `${widgets}/a`)
  const more = { ...marked, metadata: { ...marked.metadata, finalizers: ['x.io/wait', 'x.io/more'] } }
  const { status, json } = await send('PUT', `${widgets}/a`, more)
  expect(status).toBe(422)
  expect(json.message).toContain(
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/more"}',
  )
})

test('RG29 preconditions name the object that is meant', async () => {
  const { send } = await startServer()
  const { json: widget } = await send('POST', widgets, widgetNamed('a'))
  const uid = await send('DELETE', `${widgets}/a`, { preconditions: { uid: 'other' } })
  expect(uid.status).toBe(409)
  expect(uid.json.message).toBe(
    `Operation cannot be fulfilled on Widget.example.org "a": the UID in the precondition (other) does not match the UID in record (${widget.metadata.uid}). The object might have been deleted and then recreated`,
  )
  const version = await send('DELETE', `${widgets}/a`, { preconditions: { resourceVersion: '1' } })
  expect(version.json.message).toContain(
    'the ResourceVersion in the precondition (1) does not match the ResourceVersion in record',
  )
  const { uid: right, resourceVersion } = widget.metadata
  expect((await send('DELETE', `${widgets}/a`, { preconditions: { uid: right, resourceVersion } })).status).toBe(200)
})

test.each([
  [{ propagationPolicy: 'Foreground' }, ['foregroundDeletion']],
  [{ propagationPolicy: 'Orphan' }, ['orphan']],
  [{ orphanDependents: true }, ['orphan']],
])('RG30 %o leaves the object to the garbage collector', async (options, finalizers) => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a'))
  const { json } = await send('DELETE', `${widgets}/a`, options)
  expect(json.metadata.finalizers).toEqual(finalizers)
})

test('RG30 the policy may stand in the query, and a body wins over it', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a'))
  expect((await send('DELETE', `${widgets}/a?propagationPolicy=Orphan`)).json.metadata.finalizers).toEqual(['orphan'])
  expect((await send('DELETE', `${widgets}/a?propagationPolicy=Orphan`, { propagationPolicy: 'Background' })).json.status).toBe(
    'Success',
  )
})

test('RG30 an unknown policy, or two that contradict each other, are refused', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a'))
  expect((await send('DELETE', `${widgets}/a`, { propagationPolicy: 'Maybe' })).json).toMatchObject({
    code: 422,
    reason: 'Invalid',
  })
  const both = await send('DELETE', `${widgets}/a`, { propagationPolicy: 'Orphan', orphanDependents: true })
  expect(both.json.code).toBe(422)
})

test('RG31 a namespace is marked Terminating and goes when its own list and its finalizers are empty', async () => {
  const { send } = await startServer()
  const { json } = await send('DELETE', '/api/v1/namespaces/home')
  expect(json).toMatchObject({ kind: 'Realm', status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } })
  expect(json.metadata.deletionTimestamp).toBeDefined()
  const emptied = { ...json, spec: { finalizers: [] } }
  expect((await send('PUT', '/api/v1/namespaces/home', emptied)).json.spec.finalizers).toEqual(['kubernetes'])
  expect((await send('PUT', '/api/v1/namespaces/home/finalize', emptied)).status).toBe(200)
  expect((await send('GET', '/api/v1/namespaces/home')).status).toBe(404)
})

test('RG31 a protected namespace may not be deleted', async () => {
  const { send } = await startServer()
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  const { status, json } = await send('DELETE', '/api/v1/namespaces/default')
  expect([status, json.message]).toEqual([403, 'namespaces "default" is forbidden: this namespace may not be deleted'])
})

test('RG12 a Kind may refuse a deletion', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a', {}, { annotations: { keep: 'true' } }))
  expect((await send('DELETE', `${widgets}/a`)).json).toMatchObject({
    code: 403,
    message: 'widgets.example.org "a" is forbidden: it is to be kept',
  })
})

test('RG32 a collection is deleted object by object, by selector, and the answer lists them', async () => {
  const { send } = await startServer()
  for (const name of ['a', 'b', 'c']) {
    await send(
      'POST',
      widgets,
      widgetNamed(
        name,
        {},
        { labels: { group: name === 'c' ? 'two' : 'one' }, ...(name === 'b' ? { finalizers: ['x.io/f'] } : {}) },
      ),
    )
  }
  const { status, json } = await send('DELETE', `${widgets}?labelSelector=group%3Done`)
  expect(status).toBe(200)
  expect(json.kind).toBe('WidgetList')
  expect(json.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  const left = await send('GET', widgets)
  expect(left.json.items.map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined])).toEqual([
    ['b', true],
    ['c', false],
  ])
})

test('RG33 a dry run deletes nothing', async () => {
  const { send, store } = await startServer()
  await send('POST', gadgets, { metadata: { name: 'g' } })
  const before = store.revision
  expect((await send('DELETE', `${gadgets}/g`, { dryRun: ['All'] })).json.status).toBe('Success')
  expect((await send('DELETE', `${gadgets}?dryRun=All`)).json.items).toHaveLength(1)
  expect(store.revision).toBe(before)
})
