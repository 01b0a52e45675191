import { expect, test } from 'vitest'
import { StatusError } from '../meta/index.ts'
import { createClient } from './create-client.ts'
import type { ApiRequest, ApiResponse } from './exchange.ts'

const widgets = { group: 'test.sheaf', version: 'v1', plural: 'widgets', kind: 'Widget', scope: 'Namespaced' } as const
const nodes = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', scope: 'Cluster' } as const
const key = { namespace: 'shop', name: 'a' }
const widget = { apiVersion: 'test.sheaf/v1', kind: 'Widget', metadata: key }

function client(answer: Partial<ApiResponse> = {}) {
  const sent: ApiRequest[] = []
  const warnings: string[] = []
  const made = createClient({
    userAgent: 'sheaf/test',
    onWarning: (text) => warnings.push(text),
    fetch: (request) => {
      sent.push(request)
      return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(widget), ...answer })
    },
  })
  return { client: made, sent, warnings, lines: () => sent.map(({ method, path }) => `${method} ${path}`) }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

async function* pieces(...texts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* texts
}

test('each verb has its method and path', async () => {
  const { client: made, lines } = client()
  const resource = made.resource(widgets)
  await resource.get(key)
  await resource.create(widget)
  await resource.update(widget)
  await resource.updateStatus(widget)
  await resource.patch(key, { spec: {} }, { subresource: 'status' })
  await resource.delete(key)
  await resource.list({ namespace: 'shop', labelSelector: 'a in (b,c)', limit: 5 })
  await resource.list()
  await made.resource(nodes).get({ namespace: '', name: 'n1' })
  expect(lines()).toEqual([
    'GET /apis/test.sheaf/v1/namespaces/shop/widgets/a',
    'POST /apis/test.sheaf/v1/namespaces/shop/widgets',
    'PUT /apis/test.sheaf/v1/namespaces/shop/widgets/a',
    'PUT /apis/test.sheaf/v1/namespaces/shop/widgets/a/status',
    'PATCH /apis/test.sheaf/v1/namespaces/shop/widgets/a/status',
    'DELETE /apis/test.sheaf/v1/namespaces/shop/widgets/a',
    'GET /apis/test.sheaf/v1/namespaces/shop/widgets?labelSelector=a+in+%28b%2Cc%29&limit=5',
    'GET /apis/test.sheaf/v1/widgets',
    'GET /api/v1/nodes/n1',
  ])
})

test('requests say who asks and what they carry', async () => {
  const { client: made, sent } = client()
  const resource = made.resource(widgets)
  await resource.patch(key, [{ op: 'remove', path: '/spec' }], { type: 'json' })
  await resource.delete(key, { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } })
  expect(sent[0]?.headers).toEqual({
    accept: 'application/json',
    'user-agent': 'sheaf/test',
    'content-type': 'application/json-patch+json',
  })
  expect(JSON.parse(String(sent[1]?.body))).toEqual({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u' },
  })
})

test('an update without a name never becomes a request for the whole collection', async () => {
  const { client: made, sent } = client()
  await expect(made.resource(widgets).update({ ...widget, metadata: {} })).rejects.toThrow('without metadata.name')
  expect(sent).toEqual([])
})

test('items of a list carry their kind even where the server leaves it out', async () => {
  const list = { kind: 'NodeList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'n1' } }] }
  const { client: made } = client({ body: pieces(JSON.stringify(list)) })
  const { items } = await made.resource(nodes).list()
  expect(items).toEqual([{ kind: 'Node', apiVersion: 'v1', metadata: { name: 'n1' } }])
})

test('a refusal is thrown as the Status that the server sent', async () => {
  const status = { kind: 'Status', apiVersion: 'v1', message: 'widgets "a" not found', reason: 'NotFound', code: 404 }
  const { client: made } = client({ status: 404, body: new TextEncoder().encode(JSON.stringify(status)) })
  await expect(made.resource(widgets).get(key)).rejects.toMatchObject({ code: 404, reason: 'NotFound', message: status.message })
  expect(await made.resource(widgets).find(key)).toBeUndefined()
})

test.each([
  [404, '404 page not found\n', 'NotFound', 'the server could not find the requested resource'],
  [429, 'Too many requests, please try again later.', 'TooManyRequests', 'Too many requests, please try again later.'],
  [502, '', '', 'the server answered 502'],
])('an answer of %i that is no Status gets a reason all the same', async (status, body, reason, message) => {
  const { client: made } = client({ status, body, headers: { 'retry-after': '3' } })
  const error: unknown = await made.request('GET', '/x').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(StatusError)
  expect(error).toMatchObject({ code: status, reason, message, details: { retryAfterSeconds: 3 } })
})

test('warnings reach the caller, also with a refusal', async () => {
  const { client: made, warnings } = client({ status: 409, headers: { warning: ['299 - "old field"', '299 - "say \\"new\\""'] } })
  await made
    .resource(widgets)
    .update(widget)
    .catch(() => undefined)
  expect(warnings).toEqual(['old field', 'say "new"'])
})

test('a watch gives events, wherever the line is cut, and ends with its stream', async () => {
  const event = (type: string, name: string): string =>
    `${JSON.stringify({ type, object: { ...widget, metadata: { ...key, name } } })}\n`
  const bytes = new TextEncoder().encode(event('ADDED', 'ä😀') + event('MODIFIED', 'b') + event('BOOKMARK', ''))
  for (const size of [1, 3, 7, 50, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size))
    const { client: made, lines } = client({ body: pieces(...chunks) })
    const seen: string[] = []
    const events = made.resource(widgets).watch({ resourceVersion: '5', allowWatchBookmarks: true, timeoutSeconds: 9 })
    for await (const { type, object } of events) seen.push(`${type} ${object.metadata.name}`)
    expect(seen).toEqual(['ADDED ä😀', 'MODIFIED b', 'BOOKMARK '])
    expect(lines()[0]).toContain('?resourceVersion=5&watch=true&allowWatchBookmarks=true&timeoutSeconds=9')
  }
})

test('an event that was cut off is dropped; nonsense is an error', async () => {
  const whole = `${JSON.stringify({ type: 'ADDED', object: widget })}\n`
  const cut = client({ body: pieces(whole, '{"type":"ADD') })
  const seen: string[] = []
  for await (const event of cut.client.resource(widgets).watch()) seen.push(event.type)
  expect(seen).toEqual(['ADDED'])

  const nonsense = client({ body: pieces('<html>\n') })
  await expect(all(nonsense.client.resource(widgets).watch())).rejects.toThrow('not JSON')
})

test('an ERROR event is thrown as its Status', async () => {
  const object = { kind: 'Status', apiVersion: 'v1', message: 'too old resource version: 5 (100)', reason: 'Expired', code: 410 }
  const { client: made } = client({ body: pieces(`${JSON.stringify({ type: 'ERROR', object })}\n`) })
  await expect(all(made.resource(widgets).watch())).rejects.toMatchObject({ code: 410, reason: 'Expired' })
})

test('a watch that its caller aborts ends in peace, whatever the connection says', async () => {
  const aborter = new AbortController()
  async function* body(): AsyncGenerator<string> {
    yield `${JSON.stringify({ type: 'ADDED', object: widget })}\n`
    throw new Error('aborted')
  }
  const { client: made } = client({ body: body() })
  for await (const _ of made.resource(widgets).watch({ signal: aborter.signal })) aborter.abort()
  expect(aborter.signal.aborted).toBe(true)
})
