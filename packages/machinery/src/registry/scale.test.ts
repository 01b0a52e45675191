// docs/spec/sets.md: the scale of an object, whatever its Kind.

import { expect, test } from 'vitest'
import type { Body, TestServer } from '../apiserver/widget-server.testdata.ts'
import { kinds, startServer, textOf, widgetNamed, widgets } from '../apiserver/widget-server.testdata.ts'

const scale = { specReplicasPath: '.spec.parts.wheels', statusReplicasPath: '.status.wheels', labelSelectorPath: '.status.found' }

/** Widgets that are scaled by their wheels. */
const scalable = kinds.map((kind) => {
  const { definition } = kind
  if (definition.kind !== 'Widget') return kind
  return { ...kind, definition: { ...definition, schemaName: 'none', scale, validate: () => [] } }
})

const path = `${widgets}/a/scale`
const merge = { 'content-type': 'application/merge-patch+json' }

async function serverWithWheels(wheels?: number): Promise<TestServer & { widget: Body }> {
  const server = await startServer({ kinds: scalable })
  const parts = wheels === undefined ? {} : { parts: { wheels } }
  const { json } = await server.send('POST', widgets, widgetNamed('a', parts))
  return { ...server, widget: json }
}

const wheelsOf = async ({ send }: TestServer) => (await send('GET', `${widgets}/a`)).json

test('SC1 it shows what is wanted, what is seen and how it is found, with the metadata of the object', async () => {
  const server = await serverWithWheels(3)
  const { widget } = server
  await server.send('PUT', `${widgets}/a/status`, { ...widget, status: { wheels: 2, found: 'car=a' } })
  const { resourceVersion } = (await wheelsOf(server)).metadata
  const { name, namespace, uid, creationTimestamp } = widget.metadata
  expect((await server.send('GET', path)).json).toEqual({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: 3 },
    status: { replicas: 2, selector: 'car=a' },
  })
})

test('SC1 an object that was not seen yet has none, and one that is missing is NotFound', async () => {
  const { send } = await serverWithWheels(0)
  // None is what Kubernetes' own type leaves out.
  expect((await send('GET', path)).json).toMatchObject({ spec: {}, status: { replicas: 0 } })
  expect((await send('GET', `${widgets}/b/scale`)).json).toMatchObject({ code: 404, reason: 'NotFound' })
})

test('SC1 a Kind without one has no such path', async () => {
  const server = await startServer()
  await server.send('POST', widgets, widgetNamed('a'))
  expect((await server.send('GET', path)).status).toBe(404)
})

test('SC2 an object that does not say how many it wants has no scale to show, and a patch must bring it', async () => {
  const server = await serverWithWheels()
  expect((await server.send('GET', path)).json).toMatchObject({
    code: 500,
    message: 'Internal error occurred: the spec replicas field ".spec.parts.wheels" does not exist',
  })
  const patch = (spec: object) => server.send('PATCH', path, { spec }, merge)
  expect((await patch({})).json).toMatchObject({
    code: 400,
    message: 'the spec replicas field ".spec.parts.wheels" cannot be empty',
  })
  expect((await patch({ replicas: 2 })).json.spec).toEqual({ replicas: 2 })
})

test('SC3 PUT and PATCH change that number and nothing else, and count a generation', async () => {
  const server = await serverWithWheels(1)
  const before = await wheelsOf(server)
  const { json } = await server.send('GET', path)
  const labelled = { ...json.metadata, labels: { stolen: 'yes' } }
  expect((await server.send('PUT', path, { ...json, metadata: labelled, spec: { replicas: 4 } })).json.spec).toEqual({
    replicas: 4,
  })
  expect((await server.send('PATCH', path, { spec: { replicas: 5 } }, merge)).json.spec).toEqual({ replicas: 5 })
  const json6902 = [{ op: 'replace', path: '/spec/replicas', value: 6 }]
  await server.send('PATCH', path, json6902, { 'content-type': 'application/json-patch+json' })
  const after = await wheelsOf(server)
  const { resourceVersion: _old, ...metadata } = before.metadata
  const { resourceVersion: _new, ...metadataAfter } = after.metadata
  const { managedFields: _before, ...own } = metadata
  const { managedFields: owners, ...ownAfter } = metadataAfter
  expect(ownAfter).toEqual({ ...own, generation: 4 })
  expect(owners?.find(({ subresource }) => subresource === 'scale')?.fieldsV1).toEqual({
    'f:spec': { 'f:parts': { 'f:wheels': {} } },
  })
  expect(after.spec).toEqual({ ...before.spec, parts: { wheels: 6 } })
})

test('SC3 a Scale without a number is zero, as typed clients write it; without a spec it is refused', async () => {
  const server = await serverWithWheels(2)
  const metadata = { name: 'a' }
  expect((await server.send('PUT', path, { metadata })).json).toMatchObject({ code: 400 })
  expect((await server.send('PUT', path, { metadata, spec: {} })).json.spec).toEqual({})
  expect((await server.send('GET', `${widgets}/a`)).json.spec).toMatchObject({ parts: { wheels: 0 } })
})

test('SC4 a resourceVersion or uid that is not the stored one is a Conflict, and without them it is not asked', async () => {
  const server = await serverWithWheels(1)
  const put = (metadata: object) => server.send('PUT', path, { metadata: { name: 'a', ...metadata }, spec: { replicas: 2 } })
  expect((await put({ resourceVersion: '1' })).json).toMatchObject({ code: 409, reason: 'Conflict' })
  expect((await put({ uid: 'other' })).json.message).toContain('Precondition failed: UID in precondition: other')
  expect((await put({})).status).toBe(200)
})

test.each([
  [-1, 422, 'Widget.example.org "a" is invalid: .spec.parts.wheels: Invalid value: -1: should be a non-negative integer'],
  [1.5, 400, expect.stringContaining('spec.replicas must be a whole number of 32 bits, not 1.5')],
  ['2', 400, expect.stringContaining('must be a whole number of 32 bits, not "2"')],
  [2 ** 31, 400, expect.stringContaining('must be a whole number of 32 bits')],
])('SC5 %j replicas are refused', async (replicas, code, message) => {
  const server = await serverWithWheels(1)
  const metadata = { name: 'a' }
  for (const answer of [
    await server.send('PUT', path, { metadata, spec: { replicas } }),
    await server.send('PATCH', path, { spec: { replicas } }, merge),
  ]) {
    expect(answer.json).toMatchObject({ code, message })
  }
  expect((await server.send('GET', path)).json.spec).toEqual({ replicas: 1 })
})

test('SC5 a body that is no Scale, or about another object, is refused, and unknown fields are told', async () => {
  const { send } = await serverWithWheels(1)
  const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a' }, spec: { replicas: 2 } }
  expect((await send('PUT', path, { ...body, kind: 'Widget' })).status).toBe(400)
  expect((await send('PUT', path, { ...body, metadata: { name: 'b' } })).status).toBe(400)
  const odd = { ...body, metadata: { name: 'a', colour: 'red' } }
  expect((await send('PUT', `${path}?fieldValidation=Strict`, odd)).json.message).toContain('unknown field "metadata.colour"')
})

test('SC6 a dry run answers as if, and stores nothing', async () => {
  const { send, store } = await serverWithWheels(1)
  const { revision } = store
  const { json } = await send('PATCH', `${path}?dryRun=All`, { spec: { replicas: 7 } }, merge)
  expect([json.spec, store.revision]).toEqual([{ replicas: 7 }, revision])
})

test('SC7 discovery and OpenAPI tell of it by the name of its own group', async () => {
  const { send, raw } = await serverWithWheels(1)
  const verbs = ['get', 'patch', 'update']
  expect(JSON.parse((await send('GET', '/apis/example.org/v1')).text)).toMatchObject({
    resources: [
      { name: 'widgets' },
      { name: 'widgets/status', kind: 'Widget' },
      { name: 'widgets/scale', singularName: '', namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs },
    ],
  })
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const aggregated = await send('GET', '/apis', undefined, { accept })
  const responseKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
  const { items } = JSON.parse(aggregated.text) as { items: { metadata: Body['metadata']; versions: unknown[] }[] }
  expect(items.find(({ metadata }) => metadata.name === 'example.org')?.versions).toMatchObject([
    { resources: [{ resource: 'widgets', subresources: [{}, { subresource: 'scale', responseKind, verbs }] }] },
  ])
  const document = JSON.parse(await textOf(await raw({ method: 'GET', path: '/openapi/v3/apis/example.org/v1', headers: {} })))
  const [get] = Object.entries(document.paths as Record<string, { get: object }>).filter(([name]) => name.endsWith('/scale'))
  expect(get?.[1].get).toMatchObject({ 'x-kubernetes-group-version-kind': responseKind })
  expect(document.components.schemas).toHaveProperty(['io.k8s.api.autoscaling.v1.Scale', 'properties', 'spec'])
})

test('SC8 a write of the scale warns of nothing that the object holds', async () => {
  const server = await startServer({ kinds: scalable })
  const created = await server.send('POST', widgets, widgetNamed('a', { old: true, parts: { wheels: 1 } }))
  expect(created.headers['warning']).toHaveLength(1)
  const { headers } = await server.send('PATCH', path, { spec: { replicas: 2 } }, merge)
  expect(headers['warning']).toBeUndefined()
})
