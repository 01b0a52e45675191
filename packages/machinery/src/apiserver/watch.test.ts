import { isStreaming } from '@sheaf/api/client'
import { expect, test } from 'vitest'
import type { Kind } from '../kind.ts'
import { openMemoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import {
  type Event,
  gadgets,
  kinds,
  openWatch,
  startServer,
  type TestServer,
  widgetNamed,
  widgets,
} from './widget-server.testdata.ts'

const merge = { 'content-type': 'application/merge-patch+json' }
const shortened = ({ type, object }: Event): string => `${type} ${object.metadata.name ?? ''}`

async function serverWith(...names: string[]): Promise<TestServer> {
  const server = await startServer()
  for (const name of names) await server.send('POST', widgets, widgetNamed(name, {}, { labels: { name } }))
  return server
}

/** Counts what listens, so that a test sees it let go. */
function countingStore(): { store: Store; listeners: () => number } {
  const store = openMemoryStore()
  const watch = store.watch.bind(store)
  let count = 0
  store.watch = (...args) => {
    const subscription = watch(...args)
    count++
    return { close: () => void (subscription.close(), count--) }
  }
  return { store, listeners: () => count }
}

test('WA1 between a list at N and a watch from N nothing is lost, nothing comes twice, and all comes in order', async () => {
  const server = await serverWith('a')
  const { json: list } = await server.send('GET', widgets)
  await server.send('POST', widgets, widgetNamed('b'))
  await server.send('DELETE', `${widgets}/a`)
  const watch = await openWatch(server, `${widgets}?watch=1&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=5`)
  await Promise.all([1, 2, 3].map((size) => server.send('PATCH', `${widgets}/b`, { spec: { size } }, merge)))
  server.clock.advance(5_000)
  const events = await watch.rest()
  expect(events.slice(0, 2).map(shortened)).toEqual(['ADDED b', 'DELETED a'])
  expect(events.slice(2).every(({ type }) => type === 'MODIFIED')).toBe(true)
  const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion))
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
  expect(revisions.at(-1)).toBe(server.store.revision)
  expect(events.every(({ object }) => object.kind === 'Widget' && object.apiVersion === 'example.org/v1')).toBe(true)
})

test.each(['', '&resourceVersion=0'])('WA2 a watch from no revision (%o) begins with what is there', async (query) => {
  const server = await serverWith('a', 'b')
  const watch = await openWatch(server, `${widgets}?watch=1${query}`)
  await server.send('POST', widgets, widgetNamed('c'))
  expect([await watch.next(), await watch.next(), await watch.next()].map(shortened)).toEqual(['ADDED a', 'ADDED b', 'ADDED c'])
})

test('WA3 a DELETED object is its last state at the revision of the deletion', async () => {
  const server = await serverWith('a')
  const watch = await openWatch(server, `${widgets}?watch=1&resourceVersion=${server.store.revision}`)
  await server.send('DELETE', `${widgets}/a`)
  const { type, object } = await watch.next()
  expect(type).toBe('DELETED')
  expect(object).toMatchObject({
    spec: { color: 'red' },
    metadata: { labels: { name: 'a' }, resourceVersion: String(server.store.revision) },
  })
})

test('WA4 an object that begins to match is ADDED, and one that ceases to match is DELETED as it was', async () => {
  const server = await serverWith('a')
  const watch = await openWatch(server, `${widgets}?watch=1&labelSelector=in%3Dyes`)
  const label = (value: string | null, size: number): Promise<unknown> =>
    server.send('PATCH', `${widgets}/a`, { metadata: { labels: { in: value } }, spec: { size } }, merge)
  await label('yes', 1)
  await label('yes', 2)
  await label('no', 3)
  const gone = server.store.revision
  await label(null, 4)
  await label('yes', 5)
  const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()]
  expect(events.map(({ type, object }) => [type, object.spec.size])).toEqual([
    ['ADDED', 1],
    ['MODIFIED', 2],
    ['DELETED', 2],
    ['ADDED', 5],
  ])
  expect(events[2]?.object.metadata.resourceVersion).toBe(String(gone))
})

test('WA5 a streaming list ends its initial state with an annotated bookmark', async () => {
  const server = await serverWith('a', 'b')
  const watch = await openWatch(
    server,
    `${widgets}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  )
  const at = String(server.store.revision)
  await server.send('POST', widgets, widgetNamed('c'))
  const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()]
  expect(events.map(shortened)).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK ', 'ADDED c'])
  expect(events[2]?.object).toMatchObject({
    kind: 'Widget',
    apiVersion: 'example.org/v1',
    metadata: { resourceVersion: at, annotations: { 'k8s.io/initial-events-end': 'true' } },
  })
})

test('WA5 without bookmarks there is no end mark, and sendInitialEvents=false begins without a state', async () => {
  const server = await serverWith('a')
  const base = `${widgets}?watch=1&timeoutSeconds=1&resourceVersionMatch=NotOlderThan`
  const unmarked = await openWatch(server, `${base}&sendInitialEvents=true`)
  const stateless = await openWatch(server, `${base}&sendInitialEvents=false`)
  server.clock.advance(1_000)
  expect((await unmarked.rest()).map(shortened)).toEqual(['ADDED a'])
  expect(await stateless.rest()).toEqual([])
})

test.each([
  [
    'sendInitialEvents=true',
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    'resourceVersionMatch=NotOlderThan',
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
  ['resourceVersion=x', 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
])('WA6 the watch parameters %s are refused', async (query, text) => {
  const { send } = await serverWith()
  const { status, json } = await send('GET', `${widgets}?watch=1&${query}`)
  expect([status, json.message]).toEqual([422, `ListOptions.meta.k8s.io "" is invalid: ${text}`])
})

test('WA7 bookmarks come every minute and shortly before the end, to those who ask', async () => {
  const server = await serverWith()
  const asked = await openWatch(
    server,
    `${widgets}?watch=1&resourceVersion=${server.store.revision}&allowWatchBookmarks=true&timeoutSeconds=100`,
  )
  const unasked = await openWatch(server, `${widgets}?watch=1&resourceVersion=${server.store.revision}&timeoutSeconds=100`)
  server.clock.advance(60_000)
  const first = await asked.next()
  expect(first.object).toEqual({
    kind: 'Widget',
    apiVersion: 'example.org/v1',
    metadata: { resourceVersion: String(server.store.revision), creationTimestamp: null },
  })
  await server.send('POST', gadgets, { metadata: { name: 'g' } })
  server.clock.advance(38_000)
  expect((await asked.next()).object.metadata.resourceVersion).toBe(String(server.store.revision))
  server.clock.advance(2_000)
  expect(await asked.rest()).toEqual([])
  expect(await unasked.rest()).toEqual([])
})

test('WA8 a watch from a forgotten revision gets one ERROR event and ends', async () => {
  const server = await serverWith('a', 'b')
  await server.store.compact(server.store.revision)
  const response = await server.raw({ method: 'GET', path: `${widgets}?watch=1&resourceVersion=2`, headers: {} })
  expect(response.status).toBe(200)
  const events = await (await openWatch(server, `${widgets}?watch=1&resourceVersion=2`)).rest()
  expect(events).toEqual([
    {
      type: 'ERROR',
      object: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `too old resource version: 2 (${server.store.revision})`,
        reason: 'Expired',
        code: 410,
      },
    },
  ])
})

test('WA9 a quiet resource does not expire because others were busy', async () => {
  const server = await serverWith('a')
  const quiet = server.store.revision
  for (const name of ['f', 'g', 'h']) await server.send('POST', gadgets, { metadata: { name } })
  await server.store.compact(server.store.revision)
  const watch = await openWatch(server, `${widgets}?watch=1&resourceVersion=${quiet}`)
  await server.send('POST', widgets, widgetNamed('b'))
  expect(shortened(await watch.next())).toBe('ADDED b')
  const busy = await openWatch(server, `${gadgets}?watch=1&resourceVersion=${quiet}`)
  expect((await busy.next()).type).toBe('ERROR')
})

test('WA9 a resource that changed again after a long silence goes on from before it', async () => {
  const server = await serverWith('a')
  const quiet = server.store.revision
  for (const name of ['f', 'g', 'h']) await server.send('POST', gadgets, { metadata: { name } })
  await server.store.compact(server.store.revision)
  await server.send('POST', widgets, widgetNamed('b'))
  const watch = await openWatch(server, `${widgets}?watch=1&resourceVersion=${quiet}`)
  expect(shortened(await watch.next())).toBe('ADDED b')
})

test('WA10 a watch from a revision to come waits three seconds for it', async () => {
  const server = await serverWith()
  const answer = server.send('GET', `${widgets}?watch=1&resourceVersion=999`)
  server.clock.advance(3_000)
  expect((await answer).json).toMatchObject({ code: 504, reason: 'Timeout' })
})

test('WA11 timeoutSeconds ends a watch cleanly; without it that takes half an hour to an hour', async () => {
  const server = await serverWith()
  const short = await openWatch(server, `${widgets}?watch=1&timeoutSeconds=7`)
  server.clock.advance(6_999)
  await server.send('POST', widgets, widgetNamed('a'))
  server.clock.advance(1)
  await server.send('POST', widgets, widgetNamed('b'))
  expect((await short.rest()).map(shortened)).toEqual(['ADDED a'])
  await openWatch(server, `${widgets}?watch=1`)
  expect(server.clock.nextInMs).toBeGreaterThanOrEqual(1_800_000)
  expect(server.clock.nextInMs).toBeLessThan(3_600_000)
})

test('WA11 a watch that is asked for longer than a timer can count is not ended at once', async () => {
  const server = await serverWith()
  await openWatch(server, `${widgets}?watch=1&timeoutSeconds=9000000000`)
  expect(server.clock.nextInMs).toBeGreaterThan(3_600_000)
  expect(server.clock.nextInMs).toBeLessThan(2 ** 31)
})

test('WA12 a watcher who is too slow is ended after what it has, and goes on from there without loss', async () => {
  const server = await serverWith()
  const from = server.store.revision
  const slow = await openWatch(server, `${widgets}?watch=1&resourceVersion=${from}`)
  const note = 'x'.repeat(500_000)
  for (let index = 0; index < 12; index++) await server.send('POST', widgets, widgetNamed(`w${index}`, { note }))
  const seen = await slow.rest()
  expect(seen.length).toBeGreaterThan(5)
  expect(seen.length).toBeLessThan(12)
  const next = await openWatch(
    server,
    `${widgets}?watch=1&timeoutSeconds=1&resourceVersion=${seen.at(-1)?.object.metadata.resourceVersion}`,
  )
  server.clock.advance(1_000)
  const rest = await next.rest()
  expect([...seen, ...rest].map(shortened)).toEqual(Array.from({ length: 12 }, (_, index) => `ADDED w${index}`))
})

test('WA12 a past that is too much for one watch comes in several, each of which gets on', async () => {
  const server = await serverWith()
  let from = String(server.store.revision)
  const note = 'x'.repeat(500_000)
  for (let index = 0; index < 20; index++) await server.send('POST', widgets, widgetNamed(`w${index}`, { note }))
  const seen: string[] = []
  for (let watches = 0; watches < 5 && seen.length < 20; watches++) {
    const watch = await openWatch(server, `${widgets}?watch=1&timeoutSeconds=1&resourceVersion=${from}`)
    server.clock.advance(1_000)
    const events = await watch.rest()
    seen.push(...events.map(shortened))
    from = events.at(-1)?.object.metadata.resourceVersion ?? from
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => `ADDED w${index}`))
})

test('WA13 a reader who goes away is let go at once, waiting or not', async () => {
  const { store, listeners } = countingStore()
  const server = await startServer({ store })
  const idle = listeners()
  const aborted = await openWatch(server, `${widgets}?watch=1`)
  const response = await server.raw({ method: 'GET', path: `${widgets}?watch=1`, headers: {} })
  expect(listeners()).toBe(idle + 2)
  const waiting = aborted.rest()
  aborted.abort()
  expect(await waiting).toEqual([])
  if (!isStreaming(response.body)) throw new Error('no stream')
  await response.body[Symbol.asyncIterator]().return?.()
  expect(listeners()).toBe(idle)
  expect(server.clock.waiting).toBe(0)
  const late = new AbortController()
  late.abort()
  await server.raw({ method: 'GET', path: `${widgets}?watch=1`, headers: {}, signal: late.signal })
  expect(listeners()).toBe(idle)
})

test('WA14 all watchers of one shape get the very same bytes', async () => {
  const server = await serverWith()
  const open = async (accept?: string): Promise<AsyncIterator<unknown>> => {
    const headers = accept === undefined ? {} : { accept }
    const { body } = await server.raw({
      method: 'GET',
      path: `${widgets}?watch=1&resourceVersion=${server.store.revision}`,
      headers,
    })
    if (!isStreaming(body)) throw new Error('no stream')
    return body[Symbol.asyncIterator]()
  }
  const partial = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
  const [first, second, other] = [await open(), await open(), await open(partial)]
  await server.send('POST', widgets, widgetNamed('a'))
  const [a, b, c] = [await first.next(), await second.next(), await other.next()]
  expect(a.value).toBe(b.value)
  expect(c.value).not.toEqual(a.value)
})

test('WA15 a Table watch describes its columns once', async () => {
  const server = await serverWith('a')
  const watch = await openWatch(server, `${widgets}?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  await server.send('POST', widgets, widgetNamed('b'))
  const [first, second] = [await watch.next(), await watch.next()]
  expect(first).toMatchObject({
    type: 'ADDED',
    object: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ cells: ['a', '', '0s'] }] },
  })
  expect(first.object.columnDefinitions?.map(({ name }) => name)).toEqual(['Name', 'Phase', 'Age'])
  expect(second.object).toMatchObject({
    columnDefinitions: null,
    rows: [{ cells: ['b', '', '0s'], object: { kind: 'PartialObjectMetadata' } }],
  })
})

test('WA19 an object that cannot be shown fails the watch that shows it, and nobody else', async () => {
  const { store, listeners } = countingStore()
  const server = await startServer({ store, kinds: kinds.map(unshowable) })
  const idle = listeners()
  const broken = await openWatch(server, `${widgets}?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  const whole = await openWatch(server, `${widgets}?watch=1`)
  const waiting = expect(broken.next()).rejects.toThrow('no cell')
  expect((await server.send('POST', widgets, widgetNamed('a'))).status).toBe(201)
  await waiting
  expect(shortened(await whole.next())).toBe('ADDED a')
  expect(listeners()).toBe(idle + 1)
})

function unshowable(kind: Kind): Kind {
  const cell = (): never => {
    throw new Error('no cell')
  }
  const columns = [{ name: 'Broken', type: 'string', description: 'Never there.', priority: 0, cell }] as const
  return { ...kind, definition: { ...kind.definition, columns } }
}

test('WA15 a metadata watch carries metadata alone', async () => {
  const server = await serverWith('a')
  const watch = await openWatch(server, `${widgets}?watch=1`, {
    accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  })
  expect(Object.keys((await watch.next()).object).sort()).toEqual(['apiVersion', 'kind', 'metadata'])
})

test('WA16 a streaming list has no Table form: it is refused, or comes as objects where those are taken too', async () => {
  const server = await serverWith('a')
  const path = `${widgets}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  expect((await server.send('GET', path, undefined, { accept: table })).status).toBe(406)
  const watch = await openWatch(server, path, { accept: `${table},application/json` })
  expect((await watch.next()).object.kind).toBe('Widget')
})

test('WA17 closing the server ends all watches', async () => {
  const server = await serverWith()
  const watch = await openWatch(server, `${widgets}?watch=1`)
  server.server.close()
  expect(await watch.rest()).toEqual([])
  expect(server.clock.waiting).toBe(0)
})

test.each([
  `${widgets}/b?watch=1`,
  `${widgets}?watch=1&fieldSelector=metadata.name%3Db`,
  '/apis/example.org/v1/watch/namespaces/home/widgets/b',
])('WA18 GET %s sees one object alone', async (path) => {
  const server = await serverWith('a', 'b', 'bb')
  const watch = await openWatch(server, path)
  await server.send('DELETE', `${widgets}/bb`)
  await server.send('DELETE', `${widgets}/a`)
  await server.send('DELETE', `${widgets}/b`)
  expect([await watch.next(), await watch.next()].map(shortened)).toEqual(['ADDED b', 'DELETED b'])
})
