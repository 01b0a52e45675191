import { expect, test } from 'vitest'
import { gadgets, startServer, type TestServer, widgetNamed, widgets } from '../apiserver/widget-server.testdata.ts'

const json = { 'content-type': 'application/json-patch+json' }
const merge = { 'content-type': 'application/merge-patch+json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }

async function serverWithObjects(): Promise<TestServer> {
  const server = await startServer()
  await server.send('POST', widgets, widgetNamed('a', { size: 1, note: 'x' }, { labels: { l: '1' } }))
  await server.send('POST', gadgets, {
    metadata: { name: 'g', finalizers: ['x.io/one'] },
    ports: [{ name: 'p', port: 1 }],
    plain: [1, 2],
  })
  return server
}

test('RG22 a merge patch merges objects, removes with null and replaces lists', async () => {
  const { send } = await serverWithObjects()
  const { status, json: patched } = await send(
    'PATCH',
    `${widgets}/a`,
    { spec: { size: 2, note: null }, metadata: { labels: { m: '2' } } },
    merge,
  )
  expect(status).toBe(200)
  expect(patched.spec).toEqual({ size: 2, color: 'red' })
  expect(patched.metadata).toMatchObject({ labels: { l: '1', m: '2' }, generation: 2 })
  expect((await send('PATCH', `${gadgets}/g`, { plain: [3] }, merge)).json).toMatchObject({ plain: [3] })
})

test('RG22 a JSON patch does its operations in order', async () => {
  const { send } = await serverWithObjects()
  const operations = [
    { op: 'test', path: '/spec/size', value: 1 },
    { op: 'replace', path: '/spec/size', value: 3 },
    { op: 'add', path: '/metadata/labels/x.io~1y', value: 'z' },
    { op: 'remove', path: '/spec/note' },
    { op: 'copy', from: '/metadata/labels/l', path: '/metadata/labels/copied' },
  ]
  const { json: patched } = await send('PATCH', `${widgets}/a`, operations, json)
  expect(patched.spec).toEqual({ size: 3, color: 'red' })
  expect(patched.metadata.labels).toEqual({ l: '1', copied: '1', 'x.io/y': 'z' })
})

test.each([
  [[{ op: 'test', path: '/spec/size', value: 5 }]],
  [[{ op: 'remove', path: '/spec/nothing' }]],
  [[{ op: 'replace', path: '/nothing/at/all', value: 1 }]],
  [[{ op: 'add', path: '/a/b/c', value: 1 }]],
  [[{ op: 'remove', path: '/spec/parts/7' }]],
  [[{ op: 'add', path: '/__proto__/x', value: 1 }]],
  [[{ op: 'copy', from: '/nothing', path: '/spec/note' }]],
])('RG24 the JSON patch %o cannot be applied', async (operations) => {
  const { send, store } = await serverWithObjects()
  const before = store.revision
  const { status, json: refusal } = await send('PATCH', `${widgets}/a`, operations, json)
  expect(status).toBe(422)
  expect(refusal).toMatchObject({ reason: 'Invalid', message: 'the server rejected our request due to an error in our request' })
  expect(store.revision).toBe(before)
})

test('RG24 what is no JSON patch, or one too long, is refused as such', async () => {
  const { send } = await serverWithObjects()
  expect((await send('PATCH', `${widgets}/a`, { op: 'add' }, json)).status).toBe(400)
  expect((await send('PATCH', `${widgets}/a`, [{ op: 'dance', path: '/' }], json)).status).toBe(422)
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'Widget' }))
  const { status, json: refusal } = await send('PATCH', `${widgets}/a`, many, json)
  expect(status).toBe(413)
  expect(refusal.message).toBe('Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001')
})

test('RG24 copies cannot grow a document without end', async () => {
  const { send } = await serverWithObjects()
  const operations = [
    { op: 'add', path: '/spec/parts', value: [{ text: 'x'.repeat(1_000) }] },
    ...Array.from({ length: 30 }, () => ({ op: 'copy', from: '/spec/parts', path: '/spec/parts/0' })),
  ]
  expect((await send('PATCH', `${widgets}/a`, operations, json)).status).toBe(422)
})

test('RG26 a patch cannot build what nests too deep to be sent', async () => {
  const { send, store } = await serverWithObjects()
  const before = store.revision
  const deep = (levels: number): object =>
    Array.from({ length: levels }, (_, level) =>
      level === 0
        ? { op: 'add', path: '/spec/parts', value: [{}] }
        : { op: 'add', path: `/spec/parts/0${'/a'.repeat(level)}`, value: {} },
    )
  const { status, json: refusal } = await send('PATCH', `${widgets}/a`, deep(600), json)
  expect(status).toBe(422)
  expect(refusal.details.causes?.[0]?.message).toMatch(/nests deeper than 500 levels/)
  expect(store.revision).toBe(before)
  expect((await send('PATCH', `${widgets}/a`, deep(100), json)).status).toBe(200)
})

test('RG22 a strategic merge patch merges lists by key, for built-in Kinds only', async () => {
  const { send } = await serverWithObjects()
  const { json: patched } = await send(
    'PATCH',
    `${gadgets}/g`,
    { ports: [{ name: 'q', port: 2 }], metadata: { finalizers: ['x.io/two'] } },
    strategic,
  )
  expect(patched).toMatchObject({
    ports: [
      { name: 'q', port: 2 },
      { name: 'p', port: 1 },
    ],
    metadata: { finalizers: ['x.io/two', 'x.io/one'] },
  })
  const custom = await send('PATCH', `${widgets}/a`, { spec: {} }, strategic)
  expect(custom.json).toMatchObject({
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  })
})

test.each(['application/json', '', 'application/apply-patch+cbor'])(
  'RG22 the patch type %o is answered with the types that work',
  async (type) => {
    const { send } = await serverWithObjects()
    const { status, json: refusal } = await send('PATCH', `${gadgets}/g`, {}, { 'content-type': type })
    expect(status).toBe(415)
    expect(refusal.message).toContain('application/strategic-merge-patch+json')
  },
)

test('RG23 patches that race are all applied', async () => {
  const { send } = await serverWithObjects()
  const names = Array.from({ length: 20 }, (_, index) => `key-${index}`)
  const answers = await Promise.all(
    names.map((name) => send('PATCH', `${widgets}/a`, { metadata: { labels: { [name]: 'x' } } }, merge)),
  )
  expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200))
  const { json: after } = await send('GET', `${widgets}/a`)
  expect(Object.keys(after.metadata.labels ?? {}).sort()).toEqual(['l', ...names].sort())
})

test('RG23 a patch that names another resourceVersion is a Conflict, one that names another uid is invalid', async () => {
  const { send } = await serverWithObjects()
  expect((await send('PATCH', `${widgets}/a`, { metadata: { resourceVersion: '1' } }, merge)).json.reason).toBe('Conflict')
  expect((await send('PATCH', `${widgets}/a`, { metadata: { uid: 'x' } }, merge)).json).toMatchObject({
    reason: 'Invalid',
    message: 'Widget.example.org "a" is invalid: metadata.uid: Invalid value: "x": field is immutable',
  })
  expect((await send('PATCH', `${widgets}/none`, {}, merge)).json.reason).toBe('NotFound')
})

test('RG26 the result of a patch is checked as a whole object', async () => {
  const { send } = await serverWithObjects()
  expect((await send('PATCH', `${widgets}/a`, { spec: { color: 'pink' } }, merge)).json).toMatchObject({
    code: 422,
    reason: 'Invalid',
  })
  expect((await send('PATCH', `${widgets}/a`, { metadata: { name: 'b' } }, merge)).status).toBe(400)
  expect((await send('PATCH', `${widgets}/a`, { kind: 'Other' }, merge)).status).toBe(422)
  expect((await send('PATCH', `${widgets}/a`, [{ op: 'replace', path: '', value: 5 }], json)).status).toBe(422)
})

test('RG7 unknown fields in a patch are dropped with a warning, or refused when strict', async () => {
  const { send } = await serverWithObjects()
  const warned = await send('PATCH', `${widgets}/a`, { spec: { foo: 1 } }, merge)
  expect(warned.headers.warning).toEqual(['299 - "unknown field \\"spec.foo\\""'])
  const strict = await send('PATCH', `${widgets}/a?fieldValidation=Strict`, { spec: { foo: 1 } }, merge)
  expect(strict.status).toBe(422)
  expect(strict.json.message).toContain('strict decoding error: unknown field "spec.foo"')
  const operations = [{ op: 'add', path: '/spec/foo', value: 1 }]
  expect((await send('PATCH', `${widgets}/a?fieldValidation=Strict`, operations, json)).json.message).toContain(
    'strict decoding error: unknown field "spec.foo"',
  )
})

test('RG19 a patch of the status changes the status alone', async () => {
  const { send } = await serverWithObjects()
  const { json: patched } = await send('PATCH', `${widgets}/a/status`, { status: { phase: 'Up' }, spec: { size: 9 } }, merge)
  expect(patched).toMatchObject({ spec: { size: 1 }, status: { phase: 'Up' }, metadata: { generation: 1 } })
})

test('RG22 force belongs to apply patches', async () => {
  const { send } = await serverWithObjects()
  expect((await send('PATCH', `${widgets}/a?force=true`, {}, merge)).json.message).toBe(
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  )
})
