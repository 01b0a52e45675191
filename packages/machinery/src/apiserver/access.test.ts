import { expect, test } from 'vitest'
import type { UserInfo } from '../kind.ts'
import { type AccessAttributes, accessDenied, type Decision } from './access.ts'
import { startServer, tablets, user, widgetNamed, widgets } from './widget-server.testdata.ts'

/** A server that lets nobody do anything but what the test names. */
async function startGuarded(allowed: (attributes: AccessAttributes) => boolean = () => false) {
  const asked: AccessAttributes[] = []
  const server = await startServer({
    authorizer: {
      authorize(_user: UserInfo, attributes: AccessAttributes): Decision {
        asked.push(attributes)
        // The namespace that the tests live in is made by the kit.
        const isKit = attributes.kind === 'resource' && attributes.resource === 'namespaces' && attributes.verb === 'create'
        return { allowed: isKit || allowed(attributes), reason: '' }
      },
    },
  })
  return { ...server, asked, last: () => asked.at(-1) }
}

const resource = {
  kind: 'resource',
  group: 'example.org',
  version: 'v1',
  resource: 'widgets',
  subresource: '',
  name: '',
} as const

test.each([
  ['GET', widgets, { ...resource, verb: 'list', namespace: 'home' }],
  ['GET', '/apis/example.org/v1/widgets', { ...resource, verb: 'list', namespace: '' }],
  ['GET', `${widgets}?watch=true`, { ...resource, verb: 'watch', namespace: 'home' }],
  ['GET', `${widgets}?fieldSelector=metadata.name%3Da`, { ...resource, verb: 'list', namespace: 'home', name: 'a' }],
  ['GET', `${widgets}?fieldSelector=metadata.name!%3Da`, { ...resource, verb: 'list', namespace: 'home' }],
  ['GET', `${widgets}?fieldSelector=metadata.name%3D%3D%3D`, { ...resource, verb: 'list', namespace: 'home' }],
  ['DELETE', `${widgets}?fieldSelector=metadata.name%3Da`, { ...resource, verb: 'deletecollection', namespace: 'home' }],
  ['PATCH', `${widgets}/a/status`, { ...resource, verb: 'patch', namespace: 'home', name: 'a', subresource: 'status' }],
  ['BREW', `${widgets}/a`, { ...resource, verb: '', namespace: 'home', name: 'a' }],
  [
    'PUT',
    '/apis/actions.example.org/v1/namespaces/home/widgets/a/spin/fast',
    { ...resource, group: 'actions.example.org', verb: 'update', namespace: 'home', name: 'a', subresource: 'spin/fast' },
  ],
  [
    'GET',
    '/apis/actions.example.org/v1/motto',
    { ...resource, group: 'actions.example.org', resource: 'motto', verb: 'list', namespace: '' },
  ],
  ['GET', '/apis/made.up/v1/things', { ...resource, group: 'made.up', resource: 'things', verb: 'list', namespace: '' }],
  ['GET', '/made/up', { kind: 'path', verb: 'get', path: '/made/up' }],
  ['HEAD', '/version?x=y', { kind: 'path', verb: 'head', path: '/version' }],
  ['GET', '/', { kind: 'path', verb: 'get', path: '/' }],
  ['GET', '/openapi/v2', { kind: 'path', verb: 'get', path: '/openapi/v2' }],
  ['GET', '/apis/example.org/v1', { kind: 'path', verb: 'get', path: '/apis/example.org/v1' }],
])('AC15 %s %s is asked about before anything is done, whether or not it is there', async (method, path, attributes) => {
  const { send, last, server } = await startGuarded()
  expect((await send(method, path)).status).toBe(403)
  expect(last()).toEqual(attributes)
  expect(server.attributesOf({ method, path })).toEqual(attributes)
})

test('AC15 a parameter of an action is no part of its name', async () => {
  const { send, last } = await startGuarded()
  await send('GET', '/apis/actions.example.org/v1/namespaces/home/widgets/a/gears/3')
  expect(last()).toMatchObject({ subresource: 'gears' })
})

test('AC15 a stream is asked about too', async () => {
  const { server, last } = await startGuarded()
  const path = '/apis/actions.example.org/v1/namespaces/home/widgets/a/listen'
  await expect(server.connect({ method: 'GET', path, headers: {} }, user)).rejects.toMatchObject({ code: 403 })
  expect(last()).toMatchObject({ verb: 'get', resource: 'widgets', name: 'a' })
})

test('AC15 what is refused is not read: a body that is none is no news', async () => {
  const { send } = await startGuarded()
  expect((await send('POST', widgets, 'no JSON')).status).toBe(403)
})

test('AC15 a namespace that is not there is told only to who may ask there', async () => {
  const path = '/apis/example.org/v1/namespaces/nowhere/widgets'
  expect((await (await startGuarded()).send('POST', path, widgetNamed('a'))).status).toBe(403)
  expect((await (await startGuarded(() => true)).send('POST', path, widgetNamed('a'))).status).toBe(404)
})

test('AC15 a PUT that would make the object needs the verb create as well', async () => {
  const mayUpdate = (attributes: AccessAttributes): boolean => attributes.verb === 'update'
  const { send, last } = await startGuarded(mayUpdate)
  const answer = await send('PUT', `${tablets}/a`, { apiVersion: 'v1', kind: 'Tablet', metadata: { name: 'a' } })
  expect(answer.status).toBe(403)
  expect(answer.json).toMatchObject({ message: expect.stringContaining('cannot create resource "tablets"') })
  expect(last()).toMatchObject({ verb: 'create', resource: 'tablets', name: 'a' })
})

test('AC15 an apply that would make the object needs the verb create as well', async () => {
  const mayPatch = (attributes: AccessAttributes): boolean => attributes.verb === 'patch'
  const { send } = await startGuarded(mayPatch)
  const apply = { 'content-type': 'application/apply-patch+yaml' }
  const path = `${widgets}/a?fieldManager=anna`
  const answer = await send('PATCH', path, widgetNamed('a'), apply)
  expect(answer.status).toBe(403)
  expect(answer.json).toMatchObject({ message: expect.stringContaining('cannot create resource "widgets"') })
  expect((await (await startGuarded(() => true)).send('PATCH', path, widgetNamed('a'), apply)).status).toBe(201)
})

test('AC15 whoever asks is told what was decided', async () => {
  const { server } = await startGuarded(() => true)
  const decisions: Decision[] = []
  const request = { method: 'GET', path: widgets, headers: {} }
  await server.handle(request, user, (decision) => decisions.push(decision))
  expect(decisions).toEqual([{ allowed: true, reason: '' }])
})

const anna: UserInfo = { username: 'anna', groups: [] }
const denied = (attributes: Partial<AccessAttributes>, reason = '', who = anna) => {
  const full = {
    kind: 'resource',
    verb: 'list',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: '',
    name: '',
  }
  return accessDenied(who, { ...full, ...attributes } as AccessAttributes, reason).toStatus()
}

test.each([
  [{ namespace: 'y' }, 'pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "y"'],
  [{}, 'pods is forbidden: User "anna" cannot list resource "pods" in API group "" at the cluster scope'],
  [
    { verb: 'update', group: 'x.io', resource: 'cars', subresource: 'start', namespace: 'y', name: 'bee' },
    'cars.x.io "bee" is forbidden: User "anna" cannot update resource "cars/start" in API group "x.io" in the namespace "y"',
  ],
  [{ kind: 'path', verb: 'get', path: '/x' } as const, 'forbidden: User "anna" cannot get path "/x"'],
])('AC13 the refusal is word for word that of Kubernetes: %j', (attributes, message) => {
  expect(denied(attributes)).toMatchObject({ code: 403, reason: 'Forbidden', status: 'Failure', message })
})

test('AC13 the refusal names the resource for programs, and why where it is known', () => {
  expect(denied({ group: 'x.io', resource: 'cars', name: 'bee' }).details).toEqual({ name: 'bee', group: 'x.io', kind: 'cars' })
  expect(denied({}, 'RBAC: role not found').message).toMatch(/at the cluster scope: RBAC: role not found$/)
})

test('AC13 what is repeated from the request is harmless to a browser', () => {
  const { message } = denied({ kind: 'path', verb: 'get', path: '/<script>&' } as const, '', { username: '<b>', groups: [] })
  expect(message).toBe('forbidden: User "&lt;b&gt;" cannot get path "/&lt;script&gt;&amp;"')
})
