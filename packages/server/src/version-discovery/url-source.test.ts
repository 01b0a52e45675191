// docs/spec/version-discovery.md: releases on a real web server on the loopback address.

import { createServer, type IncomingMessage, type ServerResponse, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpFetch } from '@sheaf/qemu'
import { createManualClock } from '@sheaf/machinery/controller'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { urlSource } from './url-source.ts'

/** `silence`: none at all. */
type Answer = string | { status: number }

let server: Server
let url: string
let files: Record<string, Answer>
let requests: { method: string | undefined; path: string | undefined; headers: IncomingMessage['headers']; body: string }[]
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url: path = '', headers } = request
  requests.push({ method, path, headers, body: Buffer.concat(await request.toArray()).toString() })
  const said = files[path] ?? { status: 404 }
  if (said === 'silence') return
  if (typeof said === 'string') response.end(said)
  else response.writeHead(said.status).end()
}

beforeEach(async () => {
  files = {}
  requests = []
  server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sheaf`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const sum = 'ab'.repeat(64)
const index = (...versions: object[]): string => JSON.stringify({ versions })
const manifest = (name: string, spec = `{isoURL: "${name}.iso", isoChecksum: ${sum}}`): string =>
  `apiVersion: harvesterhci.io/v1beta1\nkind: Version\nmetadata: {name: "${name}"}\nspec: ${spec}\n`

/** A few hundred bytes that would become thousands of millions. */
const laughs = Array.from({ length: 10 }, (_, level) =>
  level === 0
    ? 'a0: &a0 [a]'
    : `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
).join('\n')

const clock = createManualClock()
const look = (architecture = 'x64', signal = new AbortController().signal) =>
  urlSource(url, architecture, { fetch: httpFetch, clock }).look(signal)

describe('releases of a web server', () => {
  it('VD3 are what the index names, as their manifests describe them and the index has it', async () => {
    files['/sheaf/versions.json'] = index(
      { name: '1.2.0', releaseDate: '20270101', minUpgradableVersion: '1.1.0', tags: ['beta'] },
      { name: '1.3.0', tags: null },
    )
    files['/sheaf/1.2.0/version.yaml'] = manifest('1.2.0', `{isoURL: "sheaf.iso", isoChecksum: ${sum}, releaseDate: "soon"}`)
    files['/sheaf/1.3.0/version.yaml'] = manifest(
      '1.3.0',
      `{isoURL: "https://elsewhere.example/a.iso", isoChecksum: ${sum}, tags: [dev]}`,
    )
    expect(await look()).toEqual({
      offered: [
        {
          name: '1.2.0',
          isoURL: `${url}/1.2.0/sheaf.iso`,
          isoChecksum: sum,
          releaseDate: '20270101',
          minUpgradableVersion: '1.1.0',
          tags: ['beta'],
        },
        { name: '1.3.0', isoURL: 'https://elsewhere.example/a.iso', isoChecksum: sum, tags: ['dev'] },
      ],
      unread: [],
      problems: [],
    })
  })

  it('VD3 are asked for with GET, and nothing of this machine is told', async () => {
    files['/sheaf/versions.json'] = index({ name: '1.2.0' })
    files['/sheaf/1.2.0/version.yaml'] = manifest('1.2.0')
    await look()
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /sheaf/versions.json',
      'GET /sheaf/1.2.0/version.yaml',
    ])
    for (const { headers, body } of requests) {
      expect(body).toBe('')
      expect(headers).toEqual({
        host: new URL(url).host,
        connection: expect.any(String),
        'user-agent': 'sheaf',
        'accept-encoding': 'identity',
      })
    }
  })

  it('VD3 for another architecture have manifests of their own', async () => {
    files['/sheaf/versions.json'] = index({ name: '1.2.0' })
    files['/sheaf/1.2.0/version-arm64.yaml'] = manifest('1.2.0')
    expect((await look('arm64')).offered.map(({ name }) => name)).toEqual(['1.2.0'])
  })

  it.each<[string, Answer, RegExp]>([
    ['has no manifest', { status: 404 }, /version\.yaml answered 404$/],
    ['has one that is not YAML', 'a: [', /version\.yaml: it is not YAML$/],
    ['has one that is no mapping', '- a', /it is no mapping$/],
    ['has one of something else', 'kind: Pod\napiVersion: v1\n', /it is no Version of harvesterhci\.io$/],
    ['has one without an ISO', manifest('1.2.0', '{}'), /spec\.isoURL and spec\.isoChecksum have to be there$/],
    ['has one without a checksum', manifest('1.2.0', '{isoURL: a.iso}'), /spec\.isoURL and spec\.isoChecksum have to be there$/],
    ['has that of another', manifest('1.2.1'), /is the manifest of 1\.2\.1$/],
    [
      'names a file of this machine',
      manifest('1.2.0', `{isoURL: "file:///etc/a.iso", isoChecksum: ${sum}}`),
      /names a file of this machine/,
    ],
    ['has one of megabytes', `#${' '.repeat(70_000)}\n${manifest('1.2.0')}`, /has more than 65536 bytes/],
    ['multiplies itself', laughs, /it is not YAML$/],
  ])('VD8 VD9 one that %s is told, and the others are offered', async (_, answer, words) => {
    files['/sheaf/versions.json'] = index({ name: '1.2.0' }, { name: '1.3.0' })
    files['/sheaf/1.2.0/version.yaml'] = answer
    files['/sheaf/1.3.0/version.yaml'] = manifest('1.3.0')
    const { offered, unread, problems } = await look()
    expect(offered.map(({ name }) => name)).toEqual(['1.3.0'])
    expect(unread).toEqual(['1.2.0'])
    expect(problems).toEqual([expect.stringMatching(words)])
    expect(problems[0]).toContain(`${url}/1.2.0/version.yaml`)
  })

  it('VD9 an entry that is none is left out and told; its name never becomes a path', async () => {
    files['/sheaf/versions.json'] = index({ name: '../../etc/passwd' }, { name: 1 }, { name: '1.2.0', tags: 'dev' })
    const { offered, problems } = await look()
    expect(offered).toEqual([])
    expect(problems).toHaveLength(3)
    expect(requests).toHaveLength(1)
  })

  it('VD9 of very many the first are looked at', async () => {
    files['/sheaf/versions.json'] = index(...Array.from({ length: 150 }, (_, patch) => ({ name: `1.2.${patch}` })))
    const { unread, problems } = await look()
    expect(unread).toHaveLength(100)
    expect(problems[0]).toContain('150 releases are listed and the first 100 are looked at')
  })

  it.each<[string, Answer, RegExp]>([
    ['is not there', { status: 404 }, /versions\.json answered 404$/],
    ['is no JSON', '<html>', /versions\.json: it is not JSON$/],
    ['is something else', '[]', /it is no index of releases/],
    ['is endless', `{"versions": [${' '.repeat(2 * 1024 * 1024)}]}`, /has more than 1048576 bytes/],
  ])('VD8 an index that %s fails the look', async (_, answer, words) => {
    files['/sheaf/versions.json'] = answer
    await expect(look()).rejects.toThrow(words)
  })

  it('VD8 a server that goes away in the middle fails the look, and is not asked for the rest', async () => {
    files['/sheaf/versions.json'] = index({ name: '1.2.0' }, { name: '1.3.0' })
    files['/sheaf/1.2.0/version.yaml'] = 'silence'
    const sight = look().catch((error: Error) => error.message)
    await expect.poll(() => requests.length).toBe(2)
    server.closeAllConnections()
    expect(await sight).toBe(`cannot get ${url}/1.2.0/version.yaml: the connection was cut off`)
    expect(requests).toHaveLength(2)
  })

  it('VD8 a server that does not answer is not waited for longer than half a minute', async () => {
    files['/sheaf/versions.json'] = 'silence'
    const sight = look().catch((error: Error) => error.message)
    await expect.poll(() => requests.length).toBe(1)
    clock.advance(30_000)
    expect(await sight).toContain('it did not answer within 30 s')
  })

  it('ends when the server ends', async () => {
    files['/sheaf/versions.json'] = 'silence'
    const end = new AbortController()
    const sight = look('x64', end.signal).catch((error: unknown) => error)
    await expect.poll(() => requests.length).toBe(1)
    const reason = new Error('the server ends')
    end.abort(reason)
    expect(await sight).toBe(reason)
  })
})
