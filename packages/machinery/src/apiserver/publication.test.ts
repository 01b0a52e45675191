import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { ApiResponse } from '@sheaf/api/client'
import type { JsonObject } from '@sheaf/api/meta'
import { describe, expect, test } from 'vitest'
import { createPublication } from './publication.ts'
import { publicationOptions } from './published-kinds.testdata.ts'
import { compareVersions } from './served-groups.ts'

const publication = createPublication(publicationOptions)

function get(path: string, headers: Record<string, string> = {}): ApiResponse {
  const answer = publication({ method: 'GET', path, headers })
  if (answer === undefined) throw new Error(`${path} is not answered`)
  return answer
}

function textOf({ body }: ApiResponse): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  throw new Error('a stream')
}

const jsonOf = (answer: ApiResponse): JsonObject => JSON.parse(textOf(answer)) as JsonObject

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const v2beta1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'
const mainVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const statusVerbs = ['get', 'patch', 'update']

describe('discovery as clients before 1.26 read it', () => {
  test('the core group stands apart with its versions', () => {
    expect(jsonOf(get('/api?timeout=32s'))).toEqual({
      kind: 'APIVersions',
      apiVersion: 'v1',
      versions: ['v1'],
      serverAddressByClientCIDRs: [],
    })
    expect(jsonOf(get('/api/v1'))).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'v1',
      resources: [
        {
          name: 'notes',
          singularName: 'note',
          namespaced: false,
          kind: 'Note',
          verbs: mainVerbs.filter((verb) => verb !== 'deletecollection'),
          storageVersionHash: createHash('sha256').update('/v1/Note').digest().subarray(0, 8).toString('base64'),
        },
      ],
    })
  })

  test('groups are listed with the preferred version first', () => {
    const example = {
      name: 'example.org',
      versions: [
        { groupVersion: 'example.org/v1', version: 'v1' },
        { groupVersion: 'example.org/v1beta1', version: 'v1beta1' },
      ],
      preferredVersion: { groupVersion: 'example.org/v1', version: 'v1' },
    }
    const { kind, groups } = jsonOf(get('/apis'))
    expect({ kind, groups }).toMatchObject({ kind: 'APIGroupList', groups: [{ name: 'actions.example.org' }, example] })
    expect(jsonOf(get('/apis/example.org'))).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...example })
  })

  test('a group version lists its resources and their status', () => {
    expect(jsonOf(get('/apis/example.org/v1/')).resources).toMatchObject([
      { name: 'widgets', kind: 'Widget', namespaced: true, verbs: mainVerbs, shortNames: ['wd'], categories: ['all'] },
      { name: 'widgets/status', kind: 'Widget', namespaced: true, singularName: '', verbs: statusVerbs },
    ])
  })

  test('a group of actions only lists them in each version that has them', () => {
    const spin = { name: 'widgets/spin', singularName: '', namespaced: true, kind: '', verbs: ['update'] }
    expect(jsonOf(get('/apis/actions.example.org/v1')).resources).toEqual([
      spin,
      { name: 'widgets/listen', singularName: '', namespaced: true, kind: '', verbs: ['get'] },
    ])
    expect(jsonOf(get('/apis/actions.example.org/v1alpha3')).resources).toEqual([spin])
  })
})

describe('aggregated discovery', () => {
  test('all groups come in one document', () => {
    const answer = get('/apis', { accept: `${v2},${v2beta1},application/json` })
    expect(answer.headers['content-type']).toBe(v2)
    const widgetKind = (version: string): JsonObject => ({ group: 'example.org', version, kind: 'Widget' })
    const widgets = (version: string): JsonObject => ({
      version,
      freshness: 'Current',
      resources: [
        {
          resource: 'widgets',
          responseKind: widgetKind(version),
          scope: 'Namespaced',
          singularResource: 'widget',
          verbs: mainVerbs,
          shortNames: ['wd'],
          categories: ['all'],
          subresources: [{ subresource: 'status', responseKind: widgetKind(version), verbs: statusVerbs }],
        },
      ],
    })
    const noKind = { group: '', version: '', kind: '' }
    const spin = { subresource: 'spin', responseKind: noKind, verbs: ['update'] }
    const actions = (version: string, subresources: JsonObject[]): JsonObject => ({
      version,
      freshness: 'Current',
      resources: [
        { resource: 'widgets', responseKind: noKind, scope: 'Namespaced', singularResource: '', verbs: [], subresources },
      ],
    })
    const listen = { subresource: 'listen', responseKind: noKind, verbs: ['get'] }
    expect(jsonOf(answer)).toEqual({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: [
        {
          metadata: { name: 'actions.example.org', creationTimestamp: null },
          versions: [actions('v1', [spin, listen]), actions('v1alpha3', [spin])],
        },
        { metadata: { name: 'example.org', creationTimestamp: null }, versions: [widgets('v1'), widgets('v1beta1')] },
      ],
    })
  })

  test('the core group is one item without a name', () => {
    const items = jsonOf(get('/api', { accept: v2 })).items
    expect(items).toMatchObject([{ metadata: { name: '' }, versions: [{ version: 'v1', resources: [{ resource: 'notes' }] }] }])
  })

  test.each([
    ['a client that knows only v2beta1 gets that', `${v2beta1},application/json`, v2beta1],
    ['the order of the parameters does not matter', 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList', v2],
    ['an unknown version is passed over', `${v2.replace('v=v2', 'v=v9')},application/json`, 'application/json'],
    ['weights decide before the order', `application/json;q=0.5,${v2}`, v2],
    ['plain JSON gives the plain form', 'application/json, */*', 'application/json'],
    ['what cannot be given gives the plain form', 'application/xml', 'application/json'],
  ])('%s', (_rule, accept, contentType) => {
    expect(get('/apis', { accept }).headers['content-type']).toBe(contentType)
  })
})

describe('how documents are sent', () => {
  test('who has the document gets 304 and no body', () => {
    const first = get('/apis')
    const etag = String(first.headers.etag)
    expect(etag).toBe(`"${createHash('sha512').update(textOf(first)).digest('hex').toUpperCase()}"`)
    expect(get('/apis', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '', headers: { etag } })
    expect(get('/apis', { 'if-none-match': '"OTHER"' }).status).toBe(200)
  })

  test('a large document is compressed for who accepts it, and only for them', () => {
    const plain = get('/openapi/v2')
    expect(plain.headers['content-encoding']).toBeUndefined()
    const packed = get('/openapi/v2', { 'accept-encoding': 'deflate, gzip' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' })
    expect(gunzipSync(packed.body as Uint8Array).toString()).toBe(textOf(plain))
    expect(get('/openapi/v2', { 'accept-encoding': 'gzip;q=0' }).headers['content-encoding']).toBeUndefined()
  })

  test('what is no publication is not answered', () => {
    for (const path of ['/api/v1/notes', '/apis/unknown', '/openapi/v3/apis/unknown/v1', '/openapi/v3x', '/healthz/unknown']) {
      expect(publication({ method: 'GET', path, headers: {} })).toBeUndefined()
    }
    expect(publication({ method: 'POST', path: '/apis', headers: {} })).toBeUndefined()
  })

  test('the root lists every path', () => {
    expect(jsonOf(get('/')).paths).toEqual([
      '/api',
      '/api/v1',
      '/apis',
      '/apis/actions.example.org',
      '/apis/actions.example.org/v1',
      '/apis/actions.example.org/v1alpha3',
      '/apis/example.org',
      '/apis/example.org/v1',
      '/apis/example.org/v1beta1',
      '/healthz',
      '/healthz/ping',
      '/livez',
      '/livez/ping',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/api/v1',
      '/openapi/v3/apis/actions.example.org/v1',
      '/openapi/v3/apis/actions.example.org/v1alpha3',
      '/openapi/v3/apis/example.org/v1',
      '/openapi/v3/apis/example.org/v1beta1',
      '/readyz',
      '/readyz/ping',
      '/version',
    ])
  })

  test('the version is told as given', () => {
    expect(jsonOf(get('/version/'))).toEqual(publicationOptions.version)
  })
})

describe('health', () => {
  let isReplayed = false
  const ask = createPublication({
    ...publicationOptions,
    readiness: [
      { name: 'replay', isHealthy: () => isReplayed },
      {
        name: 'guests',
        isHealthy: () => {
          throw new Error('out of reach')
        },
      },
    ],
  })
  const answer = (path: string): [number | undefined, unknown] => {
    const given = ask({ method: 'GET', path, headers: {} })
    return [given?.status, given?.body]
  }

  test('a process that answers is alive, ready or not', () => {
    expect(answer('/livez')).toEqual([200, 'ok'])
    expect(answer('/healthz?verbose')).toEqual([200, '[+]ping ok\nhealthz check passed\n'])
  })

  test('readiness fails with the name of the check and no more; a check that throws has failed', () => {
    isReplayed = false
    const lines = '[+]ping ok\n[-]replay failed: reason withheld\n[-]guests failed: reason withheld\nreadyz check failed\n'
    expect(answer('/readyz')).toEqual([500, lines])
    expect(answer('/readyz/replay')).toEqual([500, 'internal server error: replay check failed\n'])
    isReplayed = true
    expect(answer('/readyz/replay')).toEqual([200, 'ok'])
  })

  test('a check can be excluded; an unknown exclusion is told', () => {
    isReplayed = true
    expect(answer('/readyz?exclude=guests')).toEqual([200, 'ok'])
    expect(answer('/readyz?verbose&exclude=guests&exclude=moon')).toEqual([
      200,
      '[+]ping ok\n[+]replay ok\n[+]guests excluded: ok\nwarn: some health checks cannot be excluded: no matches for "moon"\nreadyz check passed\n',
    ])
  })
})

test('versions are ordered stable, beta, alpha, each with the highest number first, then the others', () => {
  const versions = ['v1alpha1', 'foo', 'v2', 'v10', 'v1beta2', 'bar', 'v1', 'v2beta1', 'v1beta10']
  const ordered = ['v10', 'v2', 'v1', 'v2beta1', 'v1beta10', 'v1beta2', 'v1alpha1', 'bar', 'foo']
  expect(versions.sort(compareVersions)).toEqual(ordered)
})
