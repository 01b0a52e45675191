import { expect, test } from 'vitest'
import type { Kind } from '../kind.ts'
import { gadgets, kinds, startServer, widgetNamed, widgets } from '../apiserver/widget-server.testdata.ts'

test('RG8 the server gives uid, creationTimestamp, resourceVersion and generation, whatever the sender says', async () => {
  const { send, store } = await startServer()
  const sent = widgetNamed(
    'a',
    {},
    { uid: 'mine', generation: 9, creationTimestamp: '1999-01-01T00:00:00Z', deletionTimestamp: '1999-01-01T00:00:00Z' },
  )
  const { status, json } = await send('POST', widgets, sent)
  expect(status).toBe(201)
  expect(json.metadata).toMatchObject({ name: 'a', namespace: 'home', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' })
  expect(json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
  expect(json.metadata.resourceVersion).toBe(String(store.revision))
  expect(json.metadata.deletionTimestamp).toBeUndefined()
  expect((await send('GET', `${widgets}/a`)).json).toEqual(json)
})

test('RG8 a resourceVersion on a new object is refused', async () => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, widgetNamed('a', {}, { resourceVersion: '5' }))
  expect(status).toBe(500)
  expect(json.message).toBe('resourceVersion should not be set on objects to be created')
  expect(json.reason).toBeUndefined()
})

test('RG19 a new object has no status where there is a status subresource, and keeps it where there is none', async () => {
  const { send } = await startServer()
  expect((await send('POST', widgets, { ...widgetNamed('a'), status: { phase: 'Up' } })).json.status).toBeUndefined()
  expect((await send('POST', gadgets, { metadata: { name: 'g' }, status: { phase: 'Up' } })).json.status).toEqual({ phase: 'Up' })
})

test('RG10 a Kind may say what names begin with that nobody gave', async () => {
  const [first, ...others] = kinds
  const named = { ...first, definition: { ...first!.definition, namePrefix: 'wg-' } } as Kind
  const { send } = await startServer({ kinds: [named, ...others] })
  const { json } = await send('POST', widgets, { apiVersion: 'example.org/v1', kind: 'Widget', metadata: {}, spec: {} })
  expect(json.metadata).toMatchObject({ name: expect.stringMatching(/^wg-\w{5}$/), generateName: 'wg-' })
  expect((await send('POST', widgets, widgetNamed('mine'))).json.metadata.name).toBe('mine')
})

test('RG9 the namespace must exist', async () => {
  const { send } = await startServer()
  const { status, json } = await send('POST', '/apis/example.org/v1/namespaces/nowhere/widgets', widgetNamed('a'))
  expect(status).toBe(404)
  expect(json).toMatchObject({
    reason: 'NotFound',
    message: 'namespaces "nowhere" not found',
    details: { name: 'nowhere', kind: 'namespaces' },
  })
})

test('RG9 nothing new comes into a namespace that is being terminated', async () => {
  const { send } = await startServer()
  await send('DELETE', '/api/v1/namespaces/home')
  const { status, json } = await send('POST', widgets, widgetNamed('a'))
  expect(status).toBe(403)
  expect(json.message).toBe(
    'widgets.example.org "a" is forbidden: unable to create new content in namespace home because it is being terminated',
  )
  expect(json.details.causes).toEqual([
    { reason: 'NamespaceTerminating', message: 'namespace home is being terminated', field: 'metadata.namespace' },
  ])
})

test('RG9 a body that names another namespace than the path is refused', async () => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, widgetNamed('a', {}, { namespace: 'away' }))
  expect(status).toBe(400)
  expect(json.message).toBe('the namespace of the provided object does not match the namespace sent on the request')
})

test('RG10 generateName gives the base and five characters', async () => {
  const { send } = await startServer()
  const { json } = await send('POST', widgets, { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { generateName: 'w-' } })
  expect(json.metadata.name).toMatch(/^w-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  const long = { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { generateName: 'w'.repeat(80) } }
  expect((await send('POST', widgets, long)).json.metadata.name).toHaveLength(63)
})

test('RG10 a generated name that is taken is drawn again, at most eight times', async () => {
  let draws = 0
  const { send } = await startServer({ random: { uuid: () => crypto.randomUUID(), below: () => Math.floor(draws++ / 10) % 2 } })
  const body = { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { generateName: 'w-' } }
  expect((await send('POST', widgets, body)).json.metadata.name).toBe('w-bbbbb')
  expect((await send('POST', widgets, body)).json.metadata.name).toBe('w-ccccc')
})

test('RG10 when no name is free the answer says so and when to come back', async () => {
  const { send } = await startServer({ random: { uuid: () => crypto.randomUUID(), below: () => 0 } })
  const body = { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { generateName: 'w-' } }
  await send('POST', widgets, body)
  const { status, json, headers } = await send('POST', widgets, body)
  expect(status).toBe(409)
  expect(json.message).toBe(
    'widgets.example.org "w-bbbbb" already exists, the server was not able to generate a unique name for the object',
  )
  expect(json.details.retryAfterSeconds).toBe(1)
  expect(headers['retry-after']).toBe('1')
})

test('RG11 a taken name is AlreadyExists, and says when its holder is on the way out', async () => {
  const { send } = await startServer()
  await send('POST', widgets, widgetNamed('a', {}, { finalizers: ['x.io/wait'] }))
  const taken = await send('POST', widgets, widgetNamed('a'))
  expect(taken.status).toBe(409)
  expect(taken.json).toMatchObject({ reason: 'AlreadyExists', message: 'widgets.example.org "a" already exists' })
  await send('DELETE', `${widgets}/a`)
  expect((await send('POST', widgets, widgetNamed('a'))).json.message).toBe(
    'object is being deleted: widgets.example.org "a" already exists',
  )
})

test('RG12 defaults come first, then the changes of the Kind, then the rules', async () => {
  const { send } = await startServer()
  const { json } = await send('POST', widgets, widgetNamed('a', {}, { labels: { mutate: 'yes' } }))
  expect(json.spec).toEqual({ color: 'red' })
  expect(json.metadata.annotations).toEqual({ mutated: 'true' })
})

test('RG12 one refusal names everything that is wrong', async () => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, widgetNamed('A_', { size: -1, color: 'pink' }))
  expect(status).toBe(422)
  expect(json.reason).toBe('Invalid')
  expect(json.details).toMatchObject({ name: 'A_', group: 'example.org', kind: 'Widget' })
  expect(json.details.causes?.map(({ field }) => field).sort()).toEqual(['metadata.name', 'spec.color', 'spec.size'])
  expect(json.message).toMatch(
    /^Widget\.example\.org "A_" is invalid: \[metadata\.name: Invalid value: "A_": a lowercase RFC 1123 subdomain/,
  )
})

test('RG12 a value of the wrong type is refused before anything relies on it', async () => {
  const { send, failures } = await startServer()
  const { status, json } = await send('POST', widgets, widgetNamed('a', { size: 'big' }))
  expect(status).toBe(422)
  expect(json.message).toContain('spec.size')
  const native = await send('POST', gadgets, { metadata: { name: 'g' }, data: 'no map' })
  expect(native.status).toBe(400)
  expect(native.json.message).toMatch(/^Gadget in version "v1" cannot be handled as a Gadget: data: /)
  expect(failures).toEqual([])
})

test.each([
  [{}, 'metadata.name: Required value: name or generateName is required'],
  [
    { name: 'a', labels: { 'a b': 'x' } },
    "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.'",
  ],
  [{ name: 'a', labels: { a: '-' } }, 'metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of'],
  [{ name: 'a', labels: { '/a': '' } }, 'metadata.labels: Invalid value: "/a": prefix part must be non-empty'],
  [{ name: 'a', annotations: { a: 'x'.repeat(262_144) } }, 'metadata.annotations: Too long: may not be more than 262144 bytes'],
  [{ name: 'a', finalizers: ['a/b/c'] }, 'metadata.finalizers: Invalid value: "a/b/c": a qualified name must consist of'],
  [
    { name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'n' }] },
    'metadata.ownerReferences.uid: Invalid value: "": uid must not be empty',
  ],
  [{ name: 'x'.repeat(254) }, 'must be no more than 253 characters'],
])('RG13 metadata %o is refused', async (metadata, text) => {
  const { send } = await startServer()
  const { status, json } = await send('POST', widgets, { apiVersion: 'example.org/v1', kind: 'Widget', metadata })
  expect(status).toBe(422)
  expect(json.message).toContain(text)
})

test('RG13 two controllers are one too many', async () => {
  const { send } = await startServer()
  const owner = (name: string): object => ({ apiVersion: 'v1', kind: 'K', name, uid: name, controller: true })
  const { json } = await send('POST', widgets, widgetNamed('a', {}, { ownerReferences: [owner('A'), owner('B')] }))
  expect(json.message).toContain('Only one reference can have Controller set to true. Found "true" in references for A and B')
})

test('RG13 owners named twice are kept once, with a warning; a bare finalizer is warned about', async () => {
  const { send } = await startServer()
  const owner = { apiVersion: 'v1', kind: 'K', name: 'o', uid: 'u1' }
  const { json, headers } = await send(
    'POST',
    widgets,
    widgetNamed('a', {}, { ownerReferences: [owner, owner], finalizers: ['wait'] }),
  )
  expect(json.metadata.ownerReferences).toEqual([owner])
  expect(headers.warning).toEqual([
    expect.stringContaining('duplicate UID(s) observed: u1'),
    expect.stringContaining('metadata.finalizers: \\"wait\\": prefer a domain-qualified finalizer name'),
  ])
})

test('RG13 a namespace on a cluster-scoped object is refused', async () => {
  const { send } = await startServer()
  const { status, json } = await send('POST', '/api/v1/namespaces', { metadata: { name: 'a', namespace: 'b' } })
  expect(status).toBe(422)
  expect(json.message).toContain('metadata.namespace: Forbidden: not allowed on this type')
})

test('RG44 a selfLink is accepted and not kept, and the record of owners is the server’s', async () => {
  const { send } = await startServer()
  const { json } = await send('POST', widgets, widgetNamed('a', {}, { managedFields: [{ manager: 'x' }], selfLink: '/x' }))
  expect(json.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['unknown'])
  expect(Object.keys(json.metadata).sort()).toEqual([
    'creationTimestamp',
    'generation',
    'managedFields',
    'name',
    'namespace',
    'resourceVersion',
    'uid',
  ])
})

test('RG33 a dry run answers the object that would be and stores nothing', async () => {
  const { send, store } = await startServer()
  const before = store.revision
  const { status, json } = await send('POST', `${widgets}?dryRun=All`, widgetNamed('a'))
  expect(status).toBe(201)
  expect(json.metadata.uid).toBeDefined()
  expect(json.metadata.resourceVersion).toBeUndefined()
  expect(store.revision).toBe(before)
  expect((await send('POST', `${widgets}?dryRun=Some`, widgetNamed('a'))).json).toMatchObject({
    code: 422,
    message: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"Some"}: supported values: "All"',
  })
  await send('POST', widgets, widgetNamed('a'))
  expect((await send('POST', `${widgets}?dryRun=All`, widgetNamed('a'))).status).toBe(409)
})
