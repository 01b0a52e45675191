import type { ApiResponse } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import { accessDenied } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom } from '@sheaf/machinery/controller'
import type { UserInfo } from '@sheaf/machinery/kind'
import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { createFrontDoor, type FrontDoorOptions } from './front-door.ts'

const anna: UserInfo = { username: 'anna', groups: ['system:authenticated'] }
const attributes = {
  kind: 'resource',
  verb: 'list',
  group: 'x.io',
  version: 'v1',
  resource: 'cars',
  subresource: '',
  namespace: 'shop',
  name: '',
} as const
const request = {
  method: 'GET',
  path: '/apis/x.io/v1/namespaces/shop/cars?limit=1',
  headers: { 'user-agent': 'kubectl', authorization: 'Bearer secret' },
}
const visitor = { address: '10.0.0.7' }

function doorTo(answer: ApiResponse | Error, more: Partial<FrontDoorOptions> = {}) {
  const lines: Record<string, unknown>[] = []
  const seen: { user: UserInfo; auditId: string | undefined }[] = []
  const clock = createManualClock()
  const door = createFrontDoor({
    apiServer: {
      attributesOf: () => attributes,
      async handle(asked, user, onDecision) {
        seen.push({ user, auditId: asked.headers['audit-id'] })
        onDecision?.({ allowed: !(answer instanceof Error), reason: 'because' })
        clock.advance(5)
        if (answer instanceof Error) throw answer
        return answer
      },
      async connect(_asked, user, onDecision) {
        seen.push({ user, auditId: undefined })
        onDecision?.({ allowed: !(answer instanceof Error), reason: 'because' })
        if (answer instanceof Error) throw answer
        return Duplex.from([])
      },
    },
    authenticate: async () => anna,
    authorizer: { authorize: () => ({ allowed: true, reason: '' }) },
    audit: { write: (event) => void lines.push(event as Record<string, unknown>) },
    clock,
    random: createSeededRandom(1),
    ...more,
  })
  return { door, lines, seen, clock }
}

const ok: ApiResponse = { status: 200, headers: {}, body: '{}' }

test('AC50 a request is one line in the shape of Kubernetes audit events, without a secret in it', async () => {
  const { door, lines, seen } = doorTo(ok)
  const entry = await door.enter(request, visitor)
  await entry.handle(undefined, new AbortController().signal)
  expect(lines).toEqual([])
  entry.ended()
  entry.ended()
  expect(lines).toEqual([
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: seen[0]?.auditId,
      stage: 'ResponseComplete',
      requestURI: request.path,
      verb: 'list',
      user: { username: 'anna', groups: ['system:authenticated'] },
      sourceIPs: ['10.0.0.7'],
      userAgent: 'kubectl',
      objectRef: { resource: 'cars', namespace: 'shop', apiGroup: 'x.io', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 200 },
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
      stageTimestamp: '2026-01-01T00:00:00.005000Z',
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'because' },
    },
  ])
  expect(JSON.stringify(lines)).not.toContain('secret')
})

test('AC50 a refusal says so, with its words', async () => {
  const { body } = { body: JSON.stringify(accessDenied(anna, attributes, '').toStatus()) }
  const { door, lines } = doorTo({ status: 403, headers: {}, body })
  const entry = await door.enter(request, visitor)
  await entry.handle(undefined, new AbortController().signal)
  entry.ended()
  expect(lines[0]).toMatchObject({
    responseStatus: {
      status: 'Failure',
      code: 403,
      reason: 'Forbidden',
      message: 'cars.x.io is forbidden: User "anna" cannot list resource "cars" in API group "x.io" in the namespace "shop"',
    },
  })
})

test('AC50 whoever is not known is written down too', async () => {
  const { door, lines } = doorTo(ok, {
    authenticate: () => Promise.reject(new StatusError(401, 'Unauthorized', 'Unauthorized')),
  })
  await expect(door.enter(request, visitor)).rejects.toMatchObject({ code: 401 })
  expect(lines).toMatchObject([{ user: {}, responseStatus: { code: 401 }, annotations: {} }])
})

test('AC50 an impersonated user stands beside the one who asked, and is the one who is served', async () => {
  const { door, lines, seen } = doorTo(ok)
  const entry = await door.enter({ ...request, headers: { 'impersonate-user': 'bob' } }, visitor)
  await entry.handle(undefined, new AbortController().signal)
  entry.ended()
  expect(seen[0]?.user.username).toBe('bob')
  expect(lines[0]).toMatchObject({ user: { username: 'anna' }, impersonatedUser: { username: 'bob' } })
})

test('AC50 what goes on after its answer has begun is written down at both ends', async () => {
  async function* frames() {
    yield '{}'
  }
  const { door, lines } = doorTo({ status: 200, headers: {}, body: frames() })
  const entry = await door.enter(request, visitor)
  await entry.handle(undefined, new AbortController().signal)
  expect(lines.map(({ stage }) => stage)).toEqual(['ResponseStarted'])
  entry.ended()
  expect(lines.map(({ stage }) => stage)).toEqual(['ResponseStarted', 'ResponseComplete'])
})

test('AC50 a stream is written down like a watch, and a refused one as refused', async () => {
  const { door, lines } = doorTo(ok)
  const entry = await door.enter(request, visitor)
  await entry.connect()
  entry.ended()
  expect(lines).toMatchObject([{ stage: 'ResponseStarted', responseStatus: { code: 101 } }, { stage: 'ResponseComplete' }])
  const refused = doorTo(new StatusError(403, 'Forbidden', 'no'))
  const other = await refused.door.enter(request, visitor)
  await expect(other.connect()).rejects.toMatchObject({ code: 403 })
  other.ended()
  expect(refused.lines).toMatchObject([{ stage: 'ResponseComplete', responseStatus: { code: 403, message: 'no' } }])
})

test('AC50 a client that has an id for its request finds it by that', async () => {
  const { door, lines, seen } = doorTo(ok)
  const entry = await door.enter({ ...request, headers: { 'audit-id': 'mine' } }, visitor)
  await entry.handle(undefined, new AbortController().signal)
  entry.ended()
  expect([lines[0]?.['auditID'], seen[0]?.auditId]).toEqual(['mine', 'mine'])
})

test.each(['/healthz', '/readyz?verbose', '/livez/ping'])('AC50 %s is asked too often to be written down', async (path) => {
  const { door, lines } = doorTo(ok)
  const entry = await door.enter({ ...request, path }, visitor)
  await entry.handle(undefined, new AbortController().signal)
  entry.ended()
  expect(lines).toEqual([])
})

test('AC53 switched off, nothing is written and everything works', async () => {
  const { door } = doorTo(ok, { audit: undefined })
  const entry = await door.enter(request, visitor)
  expect((await entry.handle(undefined, new AbortController().signal)).status).toBe(200)
  entry.ended()
})
