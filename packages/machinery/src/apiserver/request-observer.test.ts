import { expect, test } from 'vitest'
import type { AnsweredRequest, RequestSubject } from './request-observer.ts'
import { gadgets, openWatch, startServer, user, widgetNamed, widgets } from './widget-server.testdata.ts'

async function startObserved() {
  const seen: AnsweredRequest[] = []
  const open: RequestSubject[] = []
  const server = await startServer({
    observer: {
      answered: (request) => seen.push(request),
      watching(subject) {
        open.push(subject)
        return () => void open.splice(open.indexOf(subject), 1)
      },
    },
    documents: { '/metrics': async () => ({ status: 200, headers: {}, body: 'counted' }) },
  })
  const last = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    await server.send(method, path, body, headers)
    const { subject, code } = seen.at(-1) as AnsweredRequest
    const { verb, group, version, resource, subresource, scope } = subject
    return [verb, group, version, resource, subresource, scope, code]
  }
  return { ...server, seen, open, last }
}

const json = { 'content-type': 'application/merge-patch+json' }
const ofWidgets = ['example.org', 'v1', 'widgets']

test('DU11 every request is told with the words of Kubernetes: verb, resource, scope and code', async () => {
  const { last } = await startObserved()
  expect(await last('POST', widgets, widgetNamed('a'))).toEqual(['POST', ...ofWidgets, '', 'resource', 201])
  expect(await last('GET', `${widgets}/a`)).toEqual(['GET', ...ofWidgets, '', 'resource', 200])
  expect(await last('HEAD', `${widgets}/a`)).toEqual(['GET', ...ofWidgets, '', 'resource', 200])
  expect(await last('GET', widgets)).toEqual(['LIST', ...ofWidgets, '', 'namespace', 200])
  expect(await last('GET', '/apis/example.org/v1/widgets')).toEqual(['LIST', ...ofWidgets, '', 'cluster', 200])
  expect(await last('PATCH', `${widgets}/a/status`, {}, json)).toEqual(['PATCH', ...ofWidgets, 'status', 'resource', 200])
  expect(await last('DELETE', `${widgets}/none`)).toEqual(['DELETE', ...ofWidgets, '', 'resource', 404])
  expect(await last('DELETE', widgets)).toEqual(['DELETECOLLECTION', ...ofWidgets, '', 'namespace', 200])
  expect(await last('GET', gadgets)).toEqual(['LIST', '', 'v1', 'gadgets', '', 'namespace', 200])
  expect(await last('PUT', '/apis/actions.example.org/v1/namespaces/home/widgets/a/spin/fast')).toEqual([
    'PUT',
    'actions.example.org',
    'v1',
    'widgets',
    'spin/fast',
    'resource',
    202,
  ])
  const motto = ['GET', 'actions.example.org', 'v1', 'motto', '']
  expect(await last('GET', '/apis/actions.example.org/v1/motto')).toEqual([...motto, 'cluster', 200])
  expect(await last('GET', '/apis/actions.example.org/v1/namespaces/home/motto')).toEqual([...motto, 'namespace', 200])
})

test.each([
  ['GET', '/apis/made.up/v1/things', 'GET', 404],
  ['GET', '/made/up', 'GET', 404],
  ['BREW', '/made/up', 'OTHER', 404],
  ['GET', '/version', 'GET', 200],
])('DU11 what %s %s names is not told, because anybody may make up any number of names', async (method, path, verb, code) => {
  const { last } = await startObserved()
  expect(await last(method, path)).toEqual([verb, '', '', '', '', '', code])
})

test('DU11 a made up subresource is not told either', async () => {
  const { last } = await startObserved()
  expect(await last('GET', `${widgets}/a/made-up-${Math.random()}`)).toEqual(['GET', ...ofWidgets, '', 'resource', 404])
})

test('DU2 what a write said is told, refused or not, with who and by which program; a dry run says so', async () => {
  const { send, seen } = await startObserved()
  const agent = { 'user-agent': 'tool/1' }
  await send('POST', `${widgets}?dryRun=All`, widgetNamed('a', { size: 1 }), agent)
  expect(seen.at(-1)).toMatchObject({
    user,
    userAgent: 'tool/1',
    dryRun: true,
    sent: { form: 'object', value: { spec: { size: 1 } } },
  })
  await send('PATCH', `${widgets}/none`, { spec: { size: 2 } }, { ...agent, ...json })
  expect(seen.at(-1)).toMatchObject({ code: 404, dryRun: false, sent: { form: 'merge', value: { spec: { size: 2 } } } })
  await send('POST', widgets, 'not JSON')
  expect(seen.at(-1)).toMatchObject({ code: 400, userAgent: '' })
  expect(seen.at(-1)).not.toHaveProperty('sent')
})

test('DU11 a watch is told while it is open', async () => {
  const server = await startObserved()
  const watch = await openWatch(server, `${widgets}?watch=true`)
  expect(server.open).toMatchObject([{ verb: 'WATCH', resource: 'widgets', scope: 'namespace' }])
  watch.abort()
  expect(server.open).toEqual([])
  await openWatch(server, `${widgets}?watch=true`)
  server.server.close()
  expect(server.open).toEqual([])
})

test('DU11 who counts has no part in the answer: its trouble is told and the answer goes out', async () => {
  const { send, failures } = await startServer({
    observer: {
      answered() {
        throw new Error('cannot count')
      },
      watching: () => () => {},
    },
  })
  expect((await send('GET', widgets)).status).toBe(200)
  expect(failures.map(String)).toContain('Error: cannot count')
})

test('DU10 further documents are answered and listed with the others', async () => {
  const { send } = await startObserved()
  expect(await send('GET', '/metrics?x=y')).toMatchObject({ status: 200, text: 'counted' })
  expect((await send('GET', '/')).text).toContain('"/metrics"')
  expect((await send('POST', '/metrics')).status).toBe(404)
})
