import { expect, test } from 'vitest'
import { openMemoryStore } from '../store/memory.ts'
import { StoreFull } from '../store/store.ts'
import { gadgets, kinds, startServer, textOf, user, widgetNamed, widgets } from './widget-server.testdata.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

test.each([
  '/apis/example.org/v2/widgets',
  '/apis/none.org/v1/widgets',
  '/apis/example.org/v1/gizmos',
  `${widgets}/a/status/more`.replace('widgets', 'gizmos'),
  '/api/v1/namespaces/home/namespaces/x',
  '/apis/example.org/v1/widgets/a',
  '/nothing',
])('RG1 GET %s is nowhere: 404 in plain text', async (path) => {
  const { send } = await startServer()
  const { status, text, headers } = await send('GET', path)
  expect([status, text, headers['content-type']]).toEqual([404, '404 page not found\n', 'text/plain; charset=utf-8'])
})

test.each([
  ['POST', '/apis/example.org/v1/widgets', 'GET'],
  ['PUT', widgets, 'GET, POST, DELETE'],
  ['POST', `${widgets}/a`, 'GET, PUT, PATCH, DELETE'],
  ['DELETE', `${widgets}/a/status`, 'GET, PUT, PATCH'],
  ['GET', '/api/v1/namespaces/home/finalize', 'PUT'],
  ['BREW', widgets, 'GET, POST, DELETE'],
])('RG2 %s %s is answered with the methods that work', async (method, path, allow) => {
  const { send } = await startServer()
  const { status, json, headers } = await send(method, path)
  expect([status, json.reason, headers.allow]).toEqual([405, 'MethodNotAllowed', allow])
})

test('RG2 a verb that a Kind lacks is named', async () => {
  const { send } = await startServer()
  const { status, json } = await send('DELETE', '/api/v1/namespaces')
  expect([status, json.message]).toEqual([405, 'deletecollection is not supported on resources of kind "namespaces"'])
})

test('RG1 a name that cannot stand in a path is refused', async () => {
  const { send } = await startServer()
  expect((await send('GET', `${widgets}/a%2Fb`)).json).toMatchObject({ code: 400, reason: 'BadRequest' })
  expect((await send('GET', `${widgets}/..`)).status).toBe(400)
})

test('RG4 a body without a content type is JSON, and YAML is read', async () => {
  const { send } = await startServer()
  expect((await send('POST', widgets, widgetNamed('a'))).status).toBe(201)
  const yaml = 'apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: b}\nspec:\n  size: 3\n'
  const { json } = await send('POST', widgets, yaml, { 'content-type': 'application/yaml; charset=utf-8' })
  expect(json.spec).toEqual({ size: 3, color: 'red' })
})

test('RG4 protobuf is for built-in Kinds; other types are answered with those that work', async () => {
  const { send } = await startServer()
  const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' }
  const custom = await send('POST', widgets, 'k8s\0', protobuf)
  expect([custom.status, custom.json.reason]).toEqual([415, 'UnsupportedMediaType'])
  expect(custom.json.message).toBe(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
  )
  expect((await send('POST', gadgets, 'k8s\0', { 'content-type': 'application/cbor' })).json.message).toBe(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
  expect((await send('POST', gadgets, 'nonsense', protobuf)).status).toBe(400)
})

test('RG5 a body above 3 MiB is refused before it is read', async () => {
  const { raw } = await startServer()
  const body = Buffer.alloc(10 * 1024 * 1024, '{')
  const response = await raw({ method: 'POST', path: widgets, headers: {}, body })
  expect(response.status).toBe(413)
  expect(JSON.parse(await textOf(response))).toMatchObject({
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  })
})

test('RG5 YAML has a smaller limit, because it is slow to read', async () => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, '#'.repeat(600 * 1024), { 'content-type': 'application/yaml' })
  expect([status, json.message]).toEqual([413, 'Request entity too large: limit is 524288 for YAML: send it as JSON'])
})

test.each([
  ['', /couldn't get version\/kind; json parse error: unexpected end of JSON input/],
  [
    '{"a"',
    /^the object provided is unrecognized \(must be of type Widget\): couldn't get version\/kind; json parse error: unexpected end of JSON input \(\{"a"\)$/,
  ],
  ['[]', /cannot unmarshal array/],
  ['7', /cannot unmarshal number/],
  ['[[[['.repeat(400) + ']]]]'.repeat(400), /exceeded max depth/],
  ['{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"a"},"__proto__":{"x":1}}', /"__proto__"/],
  [
    '{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"a","labels":{"n":1}}}',
    /json: cannot unmarshal number into Go struct field ObjectMeta\.metadata\.labels of type string/,
  ],
])('RG6 the JSON body %o is refused with a reason', async (body, message) => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, body)
  expect([status, json.reason]).toEqual([400, 'BadRequest'])
  expect(json.message).toMatch(message)
})

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...Array.from('bcdefghi', (letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`),
]

test.each([
  ['a: b: c', /yaml: line 1: /],
  [bomb.join('\n'), /yaml: document contains excessive aliasing/],
  ['a: *b', /yaml: /],
  ['['.repeat(600) + ']'.repeat(600), /exceeded max depth|yaml: /],
  ['__proto__: {x: 1}', /"__proto__"/],
  ['a: &name __proto__\nb: {? *name : {x: 1}}', /"__proto__"/],
  [`a: &a ${'['.repeat(400)}${']'.repeat(400)}\nb: ${'['.repeat(400)}*a${']'.repeat(400)}`, /exceeded max depth/],
])('RG6 the YAML body %o is refused with a reason', async (body, message) => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, body, { 'content-type': 'application/yaml' })
  expect(status).toBe(400)
  expect(json.message).toMatch(message)
})

const doubled =
  '{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"a","foo":1},"spec":{"size":1,"size":2,"bar":{"x":1}}}'

test('RG7 by default unknown and doubled fields are warned about; the last of two counts', async () => {
  const { send } = await startServer()
  const { status, json, headers } = await send('POST', widgets, doubled)
  expect(status).toBe(201)
  expect(json.spec).toEqual({ size: 2, color: 'red' })
  expect(headers.warning).toEqual([
    '299 - "duplicate field \\"spec.size\\""',
    '299 - "unknown field \\"metadata.foo\\""',
    '299 - "unknown field \\"spec.bar\\""',
  ])
})

test('RG7 Strict refuses them, Ignore says nothing, anything else is refused', async () => {
  const { send } = await startServer()
  const strict = await send('POST', `${widgets}?fieldValidation=Strict`, doubled)
  expect([strict.status, strict.json.message]).toEqual([
    400,
    'Widget in version "v1" cannot be handled as a Widget: strict decoding error: duplicate field "spec.size", unknown field "metadata.foo", unknown field "spec.bar"',
  ])
  const ignored = await send('POST', `${widgets}?fieldValidation=Ignore`, doubled)
  expect([ignored.status, ignored.headers.warning]).toEqual([201, undefined])
  expect((await send('POST', `${widgets}?fieldValidation=Maybe`, doubled)).json).toMatchObject({ code: 422, reason: 'Invalid' })
})

test('RG7 a key that is twice in a YAML map is told with its line', async () => {
  const { send } = await startServer()
  const yaml = 'apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  size: 1\n  size: 2\n'
  const { headers } = await send('POST', widgets, yaml, { 'content-type': 'application/yaml' })
  expect(headers.warning).toEqual(['299 - "line 7: key \\"size\\" already set in map"'])
})

test('RG7 the name of a field manager must be short and printable', async () => {
  const { send } = await startServer()
  expect((await send('POST', `${widgets}?fieldManager=${'m'.repeat(129)}`, doubled)).json.message).toContain(
    'fieldManager: Too long',
  )
  expect((await send('POST', `${widgets}?fieldManager=a%00b`, doubled)).json.message).toContain(
    'invalid character U+0000 (at position 1)',
  )
  expect((await send('POST', `${widgets}?fieldManager=kubectl-create`, doubled)).status).toBe(201)
})

test('RG35 a Table has the name, then the columns of the Kind, and metadata in its rows', async () => {
  const { send, clock } = await startServer()
  await send('POST', widgets, widgetNamed('a', {}, { labels: { l: '1' } }))
  clock.advance(3 * 60_000 + 5_000)
  const { json, headers } = await send('GET', widgets, undefined, { accept: table })
  expect(headers['content-type']).toBe('application/json')
  expect(json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
  expect(json.columnDefinitions?.[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 })
  expect(json.rows).toMatchObject([
    { cells: ['a', '', '3m5s'], object: { kind: 'PartialObjectMetadata', metadata: { labels: { l: '1' } } } },
  ])
  const one = await send('GET', `${widgets}/a?includeObject=Object`, undefined, { accept: table })
  expect(one.json.rows).toMatchObject([{ object: { kind: 'Widget', spec: { color: 'red' } } }])
  expect((await send('GET', `${widgets}?includeObject=None`, undefined, { accept: table })).json.rows[0]?.object).toBeNull()
  expect((await send('GET', `${widgets}?includeObject=Some`, undefined, { accept: table })).status).toBe(400)
})

test('RG35 a Kind without columns of its own shows its age', async () => {
  const { send } = await startServer()
  const { json } = await send('GET', gadgets, undefined, { accept: table })
  expect(json.columnDefinitions?.map(({ name }) => name)).toEqual(['Name', 'Age'])
})

test('RG36 metadata alone is really alone', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a'))
  const as = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json;q=0.5`
  const { json } = await send('GET', `${widgets}/a`, undefined, { accept: as('PartialObjectMetadata') })
  expect(Object.keys(json).sort()).toEqual(['apiVersion', 'kind', 'metadata'])
  const list = await send('GET', widgets, undefined, { accept: as('PartialObjectMetadataList') })
  expect(list.json).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] })
  expect(list.json.items[0]?.spec).toBeUndefined()
})

test('RG37 the answer is in the form that the client likes best of those there are', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a'))
  const get = (accept: string): ReturnType<typeof send> => send('GET', `${widgets}/a`, undefined, { accept })
  expect((await get('application/yaml')).text).toMatch(/^apiVersion: example\.org\/v1\nkind: Widget\n/)
  expect((await get('application/json;q=0.5,application/yaml')).headers['content-type']).toBe('application/yaml')
  expect((await get('application/vnd.kubernetes.protobuf,application/json')).headers['content-type']).toBe('application/json')
  expect((await get('text/html, */*;q=0.1')).status).toBe(200)
  const { status, json } = await get('application/vnd.kubernetes.protobuf')
  expect([status, json.reason, json.message]).toEqual([
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  ])
})

test('RG37 a person gets indented JSON', async () => {
  const { send } = await startServer()
  expect((await send('GET', '/api/v1/namespaces/home', undefined, { 'user-agent': 'curl/8.0' })).text).toContain(
    '\n  "kind": "Realm"',
  )
  expect((await send('GET', '/api/v1/namespaces/home?pretty=true')).text).toContain('\n  "metadata": {')
  expect((await send('GET', '/api/v1/namespaces/home?pretty=false', undefined, { 'user-agent': 'curl/8.0' })).text).not.toContain(
    '\n',
  )
})

test('RG40 warnings of a Kind come with the answer, each once, also with a refusal', async () => {
  const { send } = await startServer()
  const { headers } = await send('POST', widgets, widgetNamed('a', { old: true }))
  expect(headers.warning).toEqual(['299 - "spec.old is deprecated; use spec.size"'])
  const refused = await send('POST', widgets, widgetNamed('a', { old: true, foo: 1 }))
  expect(refused.status).toBe(409)
  expect(refused.headers.warning).toHaveLength(2)
})

test('RG40 a controller of the server itself is not warned about what others wrote', async () => {
  const { server, send } = await startServer()
  await send('POST', widgets, widgetNamed('a', { old: true }))
  const body = JSON.stringify({ metadata: { labels: { seen: 'yes' } } })
  const patch = { method: 'PATCH', path: `${widgets}/a`, headers: { 'content-type': 'application/merge-patch+json' }, body }
  expect((await server.handle(patch, { ...user, isSelf: true })).headers.warning).toBeUndefined()
  const other = { ...patch, body: body.replace('yes', 'again') }
  expect((await server.handle(other, user)).headers.warning).toEqual(['299 - "spec.old is deprecated; use spec.size"'])
})

test('RG41 a full store is told as such and hurts nothing', async () => {
  const store = openMemoryStore()
  const server = await startServer({ store })
  const write = store.write.bind(store)
  store.write = () => Promise.reject(new StoreFull('/srv/store'))
  const { status, json } = await server.send('POST', widgets, widgetNamed('a'))
  expect([status, json.reason]).toEqual([507, 'InsufficientStorage'])
  expect(json.message).toContain('/srv/store')
  store.write = write
  expect((await server.send('POST', widgets, widgetNamed('a'))).status).toBe(201)
})

test('RG41 what nobody expected is an InternalError, and the owner of the server hears of it', async () => {
  const store = openMemoryStore()
  const server = await startServer({ store })
  store.range = () => {
    throw new Error('the shelf fell down')
  }
  const { status, json } = await server.send('GET', widgets)
  expect([status, json.reason, json.message]).toEqual([500, 'InternalError', 'Internal error occurred: the shelf fell down'])
  expect(server.failures).toEqual([new Error('the shelf fell down')])
})

test('RG41 after the store is closed the answer is ServiceUnavailable', async () => {
  const server = await startServer()
  await server.store.close()
  expect((await server.send('POST', widgets, widgetNamed('a'))).json).toMatchObject({ code: 503, reason: 'ServiceUnavailable' })
})

test('RG42 every answer has an audit id, the client’s own when it sent one, and is not to be cached', async () => {
  const { send } = await startServer()
  const { headers } = await send('GET', `${widgets}/none`, undefined, { 'audit-id': 'mine' })
  expect(headers).toMatchObject({ 'audit-id': 'mine', 'cache-control': 'no-cache, private' })
  expect((await send('GET', '/nothing', undefined, { 'audit-id': 'not\nmine' })).headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/)
})

test('RG42 a timeout that is no duration is refused', async () => {
  const { send } = await startServer()
  expect((await send('GET', `${widgets}?timeout=32s`)).status).toBe(200)
  expect((await send('GET', `${widgets}?timeout=soon`)).json.message).toBe(
    'invalid timeout specified in the request URL - time: invalid duration "soon"',
  )
})

const actions = '/apis/actions.example.org/v1/namespaces/home/widgets/a'

test('RG43 an action answers for itself, in a group that stores nothing', async () => {
  const { send } = await startServer()
  const { status, text, headers } = await send('PUT', `${actions}/spin/fast`, { speed: 3 })
  expect([status, JSON.parse(text)]).toEqual([202, { name: 'a', namespace: 'home', body: { speed: 3 } }])
  expect(headers.warning).toEqual(['299 - "spinning wears out"'])
  expect((await send('PUT', `${actions.replace('v1', 'v1alpha1')}/spin/fast`)).status).toBe(202)
  expect(await send('GET', `${actions}/spin/fast`)).toMatchObject({ status: 405, headers: { allow: 'PUT' } })
  expect((await send('PUT', `${actions}/spin`)).text).toBe('404 page not found\n')
  expect((await send('GET', actions)).text).toBe('404 page not found\n')
  expect((await send('PUT', '/apis/actions.example.org/v1/widgets/a/spin/fast')).status).toBe(404)
  expect((await send('PUT', `${actions}%2Fb/spin/fast`)).status).toBe(400)
})

test('RG43 a stream action is opened by connect and refused as a plain request', async () => {
  const { server, send } = await startServer()
  const stream = await server.connect({ method: 'GET', path: `${actions}/listen`, headers: {} }, user)
  expect(String(await stream.toArray())).toBe('here is a')
  expect((await send('GET', `${actions}/listen`)).status).toBe(400)
  await expect(server.connect({ method: 'GET', path: widgets, headers: {} }, user)).rejects.toMatchObject({
    code: 404,
    reason: 'NotFound',
  })
})

test('RG43 an action may take parameters from its path, each a whole segment', async () => {
  const { send } = await startServer()
  expect((await send('GET', `${actions}/gears/3`)).json).toEqual({ gear: '3' })
  expect((await send('GET', `${actions}/gears/a%20b/fast`)).json).toEqual({ gear: 'a b', speed: 'fast' })
  for (const path of ['gears', 'gears/3/fast/more', 'wheels/3']) {
    expect((await send('GET', `${actions}/${path}`)).text).toBe('404 page not found\n')
  }
})

test('RG43 an action may be about no object: of its group version, or of a namespace', async () => {
  const { send } = await startServer()
  const root = '/apis/actions.example.org/v1'
  expect((await send('GET', `${root}/motto`)).text).toBe('turn on')
  expect((await send('GET', `${root}/namespaces/home/motto`)).text).toBe('turn home')
  expect(await send('PUT', `${root}/motto`)).toMatchObject({ status: 405, headers: { allow: 'GET' } })
  expect((await send('GET', `${root}/widgets/motto`)).status).toBe(404)
})

test('RG43 discovery names each action once, without parameters, and leaves out those about no object', async () => {
  const { send } = await startServer()
  const { json } = await send('GET', '/apis/actions.example.org/v1')
  expect(
    (json as unknown as { resources: { name: string; verbs: string[] }[] }).resources.map(({ name, verbs }) => [name, verbs]),
  ).toEqual([
    ['widgets/spin/fast', ['update']],
    ['widgets/paint', ['update']],
    ['widgets/listen', ['get']],
    ['widgets/gears', ['get']],
  ])
})

test('RG43 an action that takes bytes is given them as they are, and nothing else', async () => {
  const { send, raw } = await startServer()
  const paint = async (type: string, body: Uint8Array): Promise<unknown> => {
    const answer = await raw({ method: 'PUT', path: `${actions}/paint`, headers: { 'content-type': type }, body })
    return JSON.parse(await textOf(answer))
  }
  const notJson = Uint8Array.of(0, 255, 123)
  expect(await paint('application/octet-stream', notJson)).toEqual({ bytes: [...notJson] })
  expect((await send('PUT', `${actions}/paint`)).json).toEqual({ bytes: [] })
  expect(await paint('application/json', notJson)).toMatchObject({
    code: 415,
    message: expect.stringMatching(/accepted media types include: application\/octet-stream$/),
  })
  expect(await paint('application/octet-stream', new Uint8Array(3 * 1024 * 1024 + 1))).toMatchObject({ code: 413 })
})

test('RG1 two Kinds cannot share one resource', async () => {
  const [first] = kinds
  if (first === undefined) throw new Error('no Kinds')
  const again = { definition: { ...first.definition, version: 'v2' } }
  await expect(startServer({ kinds: [...kinds, again] })).rejects.toThrow(
    'widgets.example.org is defined as example.org/v2 and as example.org/v1: a resource is served in one version',
  )
})

test('RG31 the Kind that plays namespace must be there', async () => {
  const namespaces = { group: '', version: 'v1', plural: 'rooms', protectedNames: [] }
  await expect(startServer({ namespaces })).rejects.toThrow('/v1 rooms is to play namespace, but is not among the Kinds')
})

test('RG42 the same door is open to callers in the process', async () => {
  const { server } = await startServer()
  const response = await server.fetchAs(user)({ method: 'GET', path: '/api/v1/namespaces/home', headers: {} })
  expect(response.status).toBe(200)
})
