import { StatusError } from '@sheaf/api/meta'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gadgets, startServer, textOf, widgets } from './widget-server.testdata.ts'

const junk = fc.string({ unit: 'binary', maxLength: 12 })
const word = fc.constantFrom(
  '',
  'api',
  'apis',
  'v1',
  'example.org',
  'namespaces',
  'home',
  'widgets',
  'gadgets',
  'a',
  'g',
  'status',
  'finalize',
  'watch',
  '..',
  '%',
  '%00',
  'scale',
)
const path = fc.oneof(
  fc.array(fc.oneof(word, junk), { maxLength: 9 }).map((parts) => `/${parts.join('/')}`),
  fc.constantFrom(
    widgets,
    gadgets,
    `${widgets}/a`,
    `${gadgets}/g`,
    `${widgets}/a/status`,
    '/api/v1/namespaces',
    '/api/v1/namespaces/home',
  ),
)
const parameter = fc.tuple(
  fc.constantFrom(
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'labelSelector',
    'fieldSelector',
    'dryRun',
    'fieldValidation',
    'fieldManager',
    'timeout',
    'pretty',
    'propagationPolicy',
    'includeObject',
    'force',
  ),
  fc.oneof(
    junk,
    fc.constantFrom('0', '1', '-1', '99', 'All', 'Strict', 'Exact', 'Orphan', 'a=b', 'a in (b', 'metadata.name=a', '1e9'),
  ),
)
const query = fc.array(parameter, { maxLength: 4 }).map((pairs) => new URLSearchParams(pairs).toString())
const metadata = fc.record(
  {
    name: fc.oneof(fc.constantFrom('a', 'g', 'b'), fc.jsonValue()),
    labels: fc.jsonValue(),
    annotations: fc.jsonValue(),
    ownerReferences: fc.jsonValue(),
    finalizers: fc.jsonValue(),
    resourceVersion: fc.jsonValue(),
    uid: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const object = fc.record(
  {
    apiVersion: fc.constantFrom('example.org/v1', 'v1'),
    kind: fc.constantFrom('Widget', 'Gadget', 'Realm'),
    metadata: fc.oneof(metadata, fc.jsonValue()),
    spec: fc.jsonValue(),
    status: fc.jsonValue(),
    data: fc.jsonValue(),
    ports: fc.jsonValue(),
    $patch: fc.jsonValue(),
    '$setElementOrder/ports': fc.jsonValue(),
    propagationPolicy: fc.jsonValue(),
    preconditions: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const operation = fc.record(
  {
    op: fc.oneof(fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', '_get'), fc.jsonValue()),
    path: fc.oneof(
      fc.constantFrom('', '/', '/spec', '/metadata/labels/a', '/metadata/-', '/ports/0', '/__proto__/a'),
      fc.jsonValue(),
    ),
    from: fc.oneof(fc.constantFrom('', '/spec', '/metadata'), fc.jsonValue()),
    value: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const body = fc.oneof(
  object.map((value) => JSON.stringify(value)),
  fc.array(operation, { maxLength: 3 }).map((value) => JSON.stringify(value)),
  fc.json(),
  junk,
  fc.uint8Array({ maxLength: 60 }),
)
const type = fc.constantFrom(
  '',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'text/plain',
  ';;;',
)
const accept = fc.oneof(
  fc.constantFrom(
    '',
    '*/*',
    'application/yaml',
    'application/json;as=Table;g=meta.k8s.io;v=v1',
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1',
    ',,;q=x',
  ),
  junk,
)
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW', ''),
  path: fc.tuple(path, query).map(([where, what]) => `${where}?${what}`),
  headers: fc.record({ 'content-type': type, accept, 'user-agent': junk, 'audit-id': junk }),
  body,
})

test('RG41 whatever is sent, the answer is a document or a Status, and nothing breaks', { timeout: 60_000 }, async () => {
  const { raw, send, failures, clock } = await startServer()
  await fc.assert(
    fc.asyncProperty(request, async (sent) => {
      const answer = raw(sent)
      clock.advance(3_000)
      const response = await answer
      // A StatusError above 499 was meant: a revision to come, a resourceVersion on a new object.
      expect(failures.splice(0).filter((failure) => !(failure instanceof StatusError))).toEqual([])
      if (response.status < 400) return
      const isNowhere = response.status === 404 && response.body === '404 page not found\n'
      const { status } = response
      if (!isNowhere)
        expect(JSON.parse(await textOf(response))).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
    }),
    { numRuns: 2_000 },
  )
  expect((await send('GET', '/api/v1/namespaces')).status).toBe(200)
})
