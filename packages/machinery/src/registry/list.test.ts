import { expect, test } from 'vitest'
import { type Body, startServer, type TestServer, widgetNamed, widgets } from '../apiserver/widget-server.testdata.ts'
import { openMemoryStore } from '../store/memory.ts'

const everywhere = '/apis/example.org/v1/widgets'

async function serverWith(...names: string[]): Promise<TestServer> {
  const server = await startServer({ store: openMemoryStore({ history: {} }) })
  for (const name of names)
    await server.send('POST', widgets, widgetNamed(name, {}, { labels: { name, odd: String(name > 'b') } }))
  return server
}

const namesOf = (list: Body): string[] => list.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)

test('RG38 a list is a snapshot at its resourceVersion, in the order of namespace and name', async () => {
  const { send, store } = await serverWith('b', 'a')
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'attic' } })
  await send('POST', '/apis/example.org/v1/namespaces/attic/widgets', widgetNamed('z'))
  const { json } = await send('GET', everywhere)
  expect(json).toMatchObject({
    kind: 'WidgetList',
    apiVersion: 'example.org/v1',
    metadata: { resourceVersion: String(store.revision) },
  })
  expect(namesOf(json)).toEqual(['attic/z', 'home/a', 'home/b'])
  expect(namesOf((await send('GET', widgets)).json)).toEqual(['home/a', 'home/b'])
  expect(json.items[0]).toMatchObject({ kind: 'Widget', apiVersion: 'example.org/v1' })
})

test('RG38 an exact resourceVersion reads the past, an older minimum the present', async () => {
  const { send, store } = await serverWith('a')
  const then = store.revision
  await send('POST', widgets, widgetNamed('b'))
  const exact = (await send('GET', `${widgets}?resourceVersion=${then}&resourceVersionMatch=Exact`)).json
  expect([namesOf(exact), exact.metadata.resourceVersion]).toEqual([['home/a'], String(then)])
  expect(namesOf((await send('GET', `${widgets}?resourceVersion=${then}`)).json)).toEqual(['home/a', 'home/b'])
  expect(namesOf((await send('GET', `${widgets}?resourceVersion=${then}&limit=5`)).json)).toEqual(['home/a'])
  expect(namesOf((await send('GET', `${widgets}?resourceVersion=0&limit=1`)).json)).toEqual(['home/a', 'home/b'])
})

test('RG38 a resourceVersion that is forgotten is Expired', async () => {
  const { send, store } = await serverWith('a', 'b')
  await store.compact(store.revision)
  const { status, json } = await send('GET', `${widgets}?resourceVersion=1&resourceVersionMatch=Exact`)
  expect([status, json.reason, json.message]).toEqual([410, 'Expired', 'The resourceVersion for the provided list is too old.'])
})

test('RG38 a resourceVersion to come is waited for three seconds', async () => {
  const { send, store, clock } = await serverWith('a')
  const next = `${widgets}?resourceVersion=${store.revision + 1}`
  const waiting = send('GET', next)
  await send('POST', widgets, widgetNamed('b'))
  expect(namesOf((await waiting).json)).toEqual(['home/a', 'home/b'])
  const tooFar = send('GET', `${widgets}/a?resourceVersion=999`)
  clock.advance(3_000)
  const { status, json, headers } = await tooFar
  expect(status).toBe(504)
  expect(json).toMatchObject({
    reason: 'Timeout',
    message: `Timeout: Too large resource version: 999, current: ${store.revision}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
  })
  expect(headers['retry-after']).toBe('1')
})

test.each([
  ['resourceVersion=abc', 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'],
  [
    'resourceVersionMatch=Exact',
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    'resourceVersion=0&resourceVersionMatch=Exact',
    'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    'resourceVersion=1&resourceVersionMatch=Maybe',
    'resourceVersionMatch: Unsupported value: "Maybe": supported values: "Exact", "NotOlderThan"',
  ],
  ['sendInitialEvents=true', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
])('RG38 the list parameters %s are refused', async (query, text) => {
  const { send } = await serverWith()
  const { status, json } = await send('GET', `${widgets}?${query}`)
  expect([status, json.message]).toEqual([422, `ListOptions.meta.k8s.io "" is invalid: ${text}`])
})

test('RG39 pages are parts of one snapshot, whatever is written in between', async () => {
  const { send } = await serverWith('a', 'b', 'c', 'd', 'e')
  const first = (await send('GET', `${widgets}?limit=2`)).json
  expect([namesOf(first), first.metadata.remainingItemCount]).toEqual([['home/a', 'home/b'], 3])
  await send('DELETE', `${widgets}/c`)
  await send('POST', widgets, widgetNamed('bb'))
  const second = (await send('GET', `${widgets}?limit=2&continue=${first.metadata.continue}`)).json
  expect([namesOf(second), second.metadata.resourceVersion]).toEqual([['home/c', 'home/d'], first.metadata.resourceVersion])
  const last = (await send('GET', `${widgets}?limit=2&continue=${second.metadata.continue}`)).json
  expect([namesOf(last), last.metadata.continue, last.metadata.remainingItemCount]).toEqual([['home/e'], undefined, undefined])
})

test('RG39 with a selector a page is filled with what matches, and nobody counts the rest', async () => {
  const { send } = await serverWith('a', 'b', 'c', 'd', 'e')
  const first = (await send('GET', `${widgets}?limit=2&labelSelector=odd%3Dtrue`)).json
  expect([namesOf(first), first.metadata.remainingItemCount]).toEqual([['home/c', 'home/d'], undefined])
  const rest = (await send('GET', `${widgets}?limit=2&labelSelector=odd%3Dtrue&continue=${first.metadata.continue}`)).json
  expect([namesOf(rest), rest.metadata.continue]).toEqual([['home/e'], undefined])
})

test('RG39 a token whose snapshot is gone is Expired, and its answer carries one that goes on without', async () => {
  const { send, store } = await serverWith('a', 'b', 'c')
  const first = (await send('GET', `${widgets}?limit=1`)).json
  await send('POST', widgets, widgetNamed('bb'))
  await store.compact(store.revision)
  const gone = await send('GET', `${widgets}?limit=5&continue=${first.metadata.continue}`)
  expect([gone.status, gone.json.reason]).toEqual([410, 'Expired'])
  expect(gone.json.message).toMatch(/^The provided continue parameter is too old to display a consistent list result\./)
  const rest = (await send('GET', `${widgets}?limit=5&continue=${gone.json.metadata.continue}`)).json
  expect([namesOf(rest), rest.metadata.resourceVersion]).toEqual([['home/b', 'home/bb', 'home/c'], String(store.revision)])
})

test('RG39 a token that no list gave, or one beside a resourceVersion, is refused', async () => {
  const { send } = await serverWith('a', 'b')
  expect((await send('GET', `${widgets}?continue=nonsense`)).status).toBe(400)
  const { json } = await send('GET', `${widgets}?limit=1`)
  const both = await send('GET', `${widgets}?limit=1&continue=${json.metadata.continue}&resourceVersion=1`)
  expect(both.json.message).toBe('specifying resource version is not allowed when using continue')
})

test('RG34 field selectors know name, namespace and the fields of the Kind', async () => {
  const { send } = await serverWith('a', 'b')
  const { json: a } = await send('GET', `${widgets}/a`)
  await send('PUT', `${widgets}/a/status`, { ...a, status: { phase: 'Up' } })
  const select = async (selector: string, path = everywhere): Promise<string[]> =>
    namesOf((await send('GET', `${path}?fieldSelector=${encodeURIComponent(selector)}`)).json)
  expect(await select('metadata.name=a')).toEqual(['home/a'])
  expect(await select('metadata.name=b', widgets)).toEqual(['home/b'])
  expect(await select('metadata.name=b,metadata.namespace=home')).toEqual(['home/b'])
  expect(await select('metadata.namespace=away', widgets)).toEqual([])
  expect(await select('status.phase=Up')).toEqual(['home/a'])
  expect(await select('status.phase!=Up')).toEqual(['home/b'])
  const unknown = await send('GET', `${widgets}?fieldSelector=spec.foo%3Dx`)
  expect([unknown.status, unknown.json.message]).toEqual([400, 'field label not supported: spec.foo'])
})

test.each([
  ['name in (a,c)', ['home/a']],
  ['name!=a', ['home/b']],
  ['odd', ['home/a', 'home/b']],
  ['!odd', []],
])('RG34 the label selector %o selects %o', async (selector, names) => {
  const { send } = await serverWith('a', 'b')
  expect(namesOf((await send('GET', `${widgets}?labelSelector=${encodeURIComponent(selector)}`)).json)).toEqual(names)
})

test('RG34 text that is no label selector is refused', async () => {
  const { send } = await serverWith()
  const { status, json } = await send('GET', `${widgets}?labelSelector=${encodeURIComponent('a=b=c')}`)
  expect([status, json.reason]).toEqual([400, 'BadRequest'])
})
