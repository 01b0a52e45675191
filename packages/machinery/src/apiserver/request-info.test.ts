import { expect, test } from 'vitest'
import { requestInfoOf } from './request-info.ts'

const shortened = (method: string, path: string): unknown => {
  const info = requestInfoOf(method, path)
  if (info.kind === 'path') return [info.verb, info.path]
  return [info.verb, info.group, info.version, info.namespace, info.resource, info.name, info.subresource]
}

test.each([
  ['GET', '/api/v1/widgets', ['list', '', 'v1', '', 'widgets', '', '']],
  ['GET', '/api/v1/namespaces/a/widgets?limit=5', ['list', '', 'v1', 'a', 'widgets', '', '']],
  ['GET', '/apis/x.io/v1/namespaces/a/widgets/w', ['get', 'x.io', 'v1', 'a', 'widgets', 'w', '']],
  ['HEAD', '/apis/x.io/v1/namespaces/a/widgets/w', ['get', 'x.io', 'v1', 'a', 'widgets', 'w', '']],
  [
    'PUT',
    '/apis/x.io/v1/namespaces/a/widgets/w/evacuate/cancel',
    ['update', 'x.io', 'v1', 'a', 'widgets', 'w', 'evacuate/cancel'],
  ],
  ['POST', '/apis/x.io/v1/namespaces/a/widgets', ['create', 'x.io', 'v1', 'a', 'widgets', '', '']],
  ['PATCH', '/apis/x.io/v1/spheres/s', ['patch', 'x.io', 'v1', '', 'spheres', 's', '']],
  ['DELETE', '/apis/x.io/v1/spheres', ['deletecollection', 'x.io', 'v1', '', 'spheres', '', '']],
  ['BREW', '/apis/x.io/v1/spheres', [undefined, 'x.io', 'v1', '', 'spheres', '', '']],
])('RG1 %s %s names a resource', (method, path, expected) => {
  expect(shortened(method, path)).toEqual(expected)
})

test.each([
  ['GET', '/api/v1/namespaces', ['list', '', 'v1', '', 'namespaces', '', '']],
  ['GET', '/api/v1/namespaces/a', ['get', '', 'v1', 'a', 'namespaces', 'a', '']],
  ['PUT', '/api/v1/namespaces/a/finalize', ['update', '', 'v1', 'a', 'namespaces', 'a', 'finalize']],
  ['GET', '/api/v1/namespaces/a/status', ['get', '', 'v1', 'a', 'namespaces', 'a', 'status']],
  ['GET', '/api/v1/namespaces/a/status/s', ['get', '', 'v1', 'a', 'status', 's', '']],
])('RG1 %s %s is about the namespace itself, and only status and finalize are parts of it', (method, path, expected) => {
  expect(shortened(method, path)).toEqual(expected)
})

test.each([
  '/api/v1/namespaces/a/widgets?watch=true',
  '/api/v1/namespaces/a/widgets?watch=1',
  '/api/v1/namespaces/a/widgets?watch',
  '/api/v1/watch/namespaces/a/widgets',
])('RG3 GET %s is a watch', (path) => {
  expect(shortened('GET', path)).toEqual(['watch', '', 'v1', 'a', 'widgets', '', ''])
})

test('RG3 watch=false and watch=0 are lists, and a resource may be called watch', () => {
  expect(shortened('GET', '/api/v1/widgets?watch=false')).toEqual(['list', '', 'v1', '', 'widgets', '', ''])
  expect(shortened('GET', '/api/v1/widgets?watch=0')).toEqual(['list', '', 'v1', '', 'widgets', '', ''])
  expect(shortened('GET', '/api/v1/watch')).toEqual(['list', '', 'v1', '', 'watch', '', ''])
})

test.each(['/', '/api', '/api/v1', '/apis/x.io/v1', '/metrics', '/api//v1/widgets', '/api/v1/wid%zz', ''])(
  'RG1 %s names no resource',
  (path) => {
    expect(requestInfoOf('GET', path).kind).toBe('path')
  },
)
