import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  archiveOf,
  digestOf,
  type FakeRegistry,
  imageType,
  indexType,
  refuse,
  startFakeRegistry,
} from '../testing/fake-registry.ts'
import { createImagePuller, type ImagePuller, type ImageRequest, type ImageSight } from './image-puller.ts'
import { createImageCollector, keptImages } from './kept-images.ts'
import { openPulledImages, type PulledImages } from './pulled-images.ts'
import type { RegistryLogin } from './registry-login.ts'
import { assertRoom, reservedBytes, watchRoom } from './room.ts'

/** Waits pass at once and move the clock. What watches for silence never fires. */
const clock = {
  nowMs: 1_000_000,
  waits: [] as number[],
  now: () => clock.nowMs,
  after(delayMs: number, run: () => void) {
    if (delayMs >= 60_000) return { cancel: () => {} }
    clock.waits.push(delayMs)
    const timer = setImmediate(() => {
      clock.nowMs += delayMs
      run()
    })
    return { cancel: () => clearImmediate(timer) }
  },
}

let registry: FakeRegistry
let folder: string
let images: PulledImages
let puller: ImagePuller
let mirrors: Record<string, string[]>

beforeEach(async () => {
  registry = await startFakeRegistry()
  folder = mkdtempSync(join(tmpdir(), 'sheaf-pull-'))
  clock.waits.length = 0
  mirrors = {}
  await open()
})
afterEach(async () => {
  await puller.close()
  await registry.close()
  rmSync(folder, { recursive: true })
})

/** As a server that is started anew. */
async function open(): Promise<void> {
  images = await openPulledImages(folder, clock.now())
  const settings = { insecureHosts: [], mirrors }
  puller = createImagePuller({ fetch, clock, images, settings, architecture: 'amd64' })
}

const disk = Buffer.alloc(300_000, 'a disk ')
const layer = archiveOf([
  { path: 'disk/', type: 'Directory' },
  { path: 'disk/disk.img', content: disk },
])

const request = (name: string, more: Partial<ImageRequest> = {}): ImageRequest => ({
  reference: `${registry.host}/${name}`,
  policy: 'if-not-present',
  freshSinceMs: 0,
  logins: async () => [],
  ...more,
})

/** Looks until nothing is under way. */
async function outcome(asked: ImageRequest): Promise<ImageSight> {
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const subscription = puller.onChange(() => {
        subscription.close()
        resolve()
      })
    })
    const sight = await puller.look(asked)
    if (sight.kind !== 'pulling') return sight
    await changed
  }
}

const contentOf = (sight: ImageSight, path = 'disk/disk.img'): Buffer => {
  if (sight.kind !== 'there') throw new Error(JSON.stringify(sight))
  return readFileSync(join(sight.folder, path))
}
const lines = (pattern: RegExp): string[] => registry.requests.map(({ line }) => line).filter((line) => pattern.test(line))
const leftovers = (): string[] => ['downloads', 'unfinished'].flatMap((name) => readdirSync(join(folder, name)))

describe('an image that is not here', () => {
  it('is pulled without anybody waiting, and leaves nothing but itself', async () => {
    registry.addImage('1', [layer])
    expect(await puller.look(request('a:1'))).toEqual({ kind: 'pulling', receivedBytes: 0, totalBytes: undefined })
    const there = await outcome(request('a:1'))
    expect(contentOf(there)).toEqual(disk)
    expect(there).toMatchObject({ pulled: { packedBytes: layer.length } })
    expect(leftovers()).toEqual([])
  })

  it.each([
    ['gzip', gzipSync(layer)],
    ['zstd', zstdCompressSync(layer)],
    [
      'zstd in several frames',
      Buffer.concat([zstdCompressSync(layer.subarray(0, 5000)), zstdCompressSync(layer.subarray(5000))]),
    ],
    ['nothing', layer],
  ])('may be packed with %s, whatever its type says', async (_name, packed) => {
    registry.addImage('1', [packed])
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
  })

  it('IM4 is one pull for all who ask for it', async () => {
    registry.addImage('1', [layer])
    await Promise.all([puller.look(request('a:1')), puller.look(request('a:1')), puller.look(request('a:1'))])
    await outcome(request('a:1'))
    expect(lines(/blobs/)).toHaveLength(1)
  })

  it('is chosen for this machine from a list for many', async () => {
    const digest = registry.addImage('x', [layer])
    const other = registry.addImage('y', [archiveOf([{ path: 'disk/disk.img', content: 'another' }])])
    const manifests = [
      { mediaType: imageType, digest: other, size: 1, platform: { os: 'linux', architecture: 'arm64' } },
      { mediaType: imageType, digest, size: 1, platform: { os: 'linux', architecture: 'amd64' } },
    ]
    registry.addManifest('list', { schemaVersion: 2, mediaType: indexType, manifests })
    expect(contentOf(await outcome(request('a:list')))).toEqual(disk)
    registry.addManifest('lacking', { schemaVersion: 2, mediaType: indexType, manifests: manifests.slice(0, 1) })
    expect(await outcome(request('a:lacking'))).toMatchObject({
      kind: 'failed',
      message: 'there is none for linux/amd64, which this machine is; only for linux/arm64',
    })
  })

  it('may be asked for by its digest, and must be it', async () => {
    const digest = registry.addImage('1', [layer])
    expect(contentOf(await outcome(request(`a@${digest}`)))).toEqual(disk)
    const other = digestOf('other')
    registry.addManifest(other, { schemaVersion: 2, layers: [] })
    expect(await outcome(request(`a@${other}`))).toMatchObject({
      message: expect.stringMatching(/was asked for .* sent another/),
    })
  })

  it('is asked of a mirror first, and of the registry itself when the mirror fails', async () => {
    const mirror = await startFakeRegistry()
    onTestFinished(() => mirror.close())
    mirrors[registry.host] = [mirror.host]
    mirror.addImage('1', [layer])
    registry.addImage('2', [layer])
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
    expect(lines(/./)).toEqual([])
    expect(contentOf(await outcome(request('b:2')))).toEqual(disk)
  })

  it('is not asked for when it is not to be pulled, or has no proper name', async () => {
    expect(await puller.look(request('a:1', { policy: 'never' }))).toMatchObject({ kind: 'neverPulled' })
    expect(await puller.look(request('A:1'))).toMatchObject({ kind: 'misnamed' })
    expect(lines(/./)).toEqual([])
  })

  it.each([
    ['manifest unknown', () => {}, /^not found: .* answered 404 \(MANIFEST_UNKNOWN: manifest unknown\)/],
    ['no image', () => registry.addManifest('1', { schemaVersion: 2, config: {} }), /is no image: it has no layers/],
    ['of the first version', () => registry.addManifest('1', { schemaVersion: 1, fsLayers: [] }), /first version of the format/],
    [
      'a chart',
      () => registry.addManifest('1', { schemaVersion: 2, layers: [{ mediaType: 'application/vnd.cncf.helm.chart', size: 1 }] }),
      /part of type "application\/vnd.cncf.helm.chart"/,
    ],
    [
      'of another hash',
      () =>
        registry.addManifest('1', {
          schemaVersion: 2,
          layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: 'md5:1', size: 1 }],
        }),
      /names a layer by "md5:1"/,
    ],
  ])('says why it cannot be had: %s', async (_what, prepare, message) => {
    prepare()
    expect(await outcome(request('a:1'))).toMatchObject({ kind: 'failed', message: expect.stringMatching(message) })
    expect(leftovers()).toEqual([])
  })

  it('says so when there is nobody to ask', async () => {
    await registry.close()
    const { host } = registry
    expect(await outcome(request('a:1'))).toMatchObject({ message: `cannot reach ${host}: nobody listens there` })
    registry = await startFakeRegistry()
  })
})

describe('a failure', () => {
  it('IM4 is held back for 10 s, then 20 s, up to 300 s, and forgiven at once when somebody asks for that', async () => {
    const waits: number[] = []
    for (let each = 0; each < 7; each++) {
      const failed = await outcome(request('a:1'))
      if (failed.kind !== 'failed') throw new Error(failed.kind)
      waits.push(failed.retryAtMs - failed.failedAtMs)
      const before = lines(/./).length
      clock.nowMs = failed.retryAtMs - 1
      expect(await puller.look(request('a:1'))).toEqual(failed)
      expect(lines(/./)).toHaveLength(before)
      clock.nowMs = failed.retryAtMs
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
    await outcome(request('a:1'))
    registry.addImage('1', [layer])
    expect(await puller.look(request('a:1'))).toMatchObject({ kind: 'failed' })
    puller.forgive(`${registry.host}/a:1`)
    expect(await outcome(request('a:1'))).toMatchObject({ kind: 'there' })
  })
})

describe('an image that is here', () => {
  it('IM2 needs no network, also after a restart', async () => {
    registry.addImage('1', [layer])
    await outcome(request('a:1'))
    await open()
    registry.requests.length = 0
    expect(contentOf(await puller.look(request('a:1')))).toEqual(disk)
    expect(contentOf(await puller.look(request('a:1', { policy: 'never' })))).toEqual(disk)
    expect(lines(/./)).toEqual([])
  })

  it('IM2 IM7 is asked about anew with Always, and pulled only when its tag has moved: into a folder of its own', async () => {
    registry.addImage('latest', [layer])
    const first = await outcome(request('a', { policy: 'always', freshSinceMs: clock.nowMs }))
    registry.requests.length = 0
    clock.nowMs += 1000
    const always = (): ImageRequest => request('a', { policy: 'always', freshSinceMs: clock.nowMs })
    expect(await outcome(always())).toMatchObject({ folder: first.kind === 'there' ? first.folder : '' })
    expect(lines(/./)).toEqual(['HEAD /v2/a/manifests/latest'])
    registry.addImage('latest', [archiveOf([{ path: 'disk/disk.img', content: 'the next' }])])
    clock.nowMs += 1000
    expect(contentOf(await outcome(always())).toString()).toBe('the next')
    expect(contentOf(first)).toEqual(disk)
  })

  it('is not used with Always while the registry cannot say whether it has moved', async () => {
    registry.addImage('latest', [layer])
    await outcome(request('a'))
    registry.intercept = (_, response) => (refuse(response, 403, 'DENIED', 'no more'), true)
    clock.nowMs += 1000
    expect(await outcome(request('a', { policy: 'always', freshSinceMs: clock.nowMs }))).toMatchObject({ kind: 'failed' })
    expect(contentOf(await puller.look(request('a')))).toEqual(disk)
  })

  it('IM7 goes two rounds after nothing names it and no machine stands on it', async () => {
    registry.addImage('1', [layer])
    const first = await outcome(request('a:1'))
    const used = first.kind === 'there' ? join(first.folder, 'disk/disk.img') : ''
    const collector = createImageCollector(images)
    expect(await collector.round([])).toEqual([])
    expect(await collector.round([])).toEqual([])
    registry.addImage('1', [archiveOf([{ path: 'disk/disk.img', content: 'next' }])])
    clock.nowMs += 1000
    await outcome(request('a:1', { policy: 'always', freshSinceMs: clock.nowMs }))
    for (const files of [[used], [used], []]) expect(await collector.round(files)).toEqual([])
    expect(contentOf(first)).toEqual(disk)
    expect(await collector.round([])).toMatchObject([{ references: [] }])
    expect(await keptImages(images)).toMatchObject([{ references: [`${registry.host}/a:1`] }])
  })
})

describe('a login', () => {
  const login = (): RegistryLogin => ({ scope: registry.host, username: 'me', password: 'secret' })
  const logins = async (): Promise<RegistryLogin[]> => [login()]

  it('is exchanged for a token', async () => {
    registry.requireLogin('me', 'secret')
    registry.addImage('1', [layer])
    expect(contentOf(await outcome(request('a:1', { logins })))).toEqual(disk)
    expect(lines(/token/)).toEqual(['GET /token?service=fake&scope=repository%3Ax%3Apull'])
  })

  it('is shown as it is to a registry that wants that', async () => {
    registry.addImage('1', [layer])
    const expected = `Basic ${Buffer.from('me:secret').toString('base64')}`
    registry.intercept = ({ headers }, response) =>
      headers.authorization !== expected &&
      (refuse(response, 401, 'UNAUTHORIZED', 'who are you?', { 'www-authenticate': 'Basic realm="fake"' }), true)
    expect(contentOf(await outcome(request('a:1', { logins })))).toEqual(disk)
    expect(await outcome(request('b:1'))).toMatchObject({
      message: expect.stringMatching(/^unauthorized: .* wants a login for b/),
    })
  })

  it('that is missing or wrong is told, and does not hold back whoever has a right one', async () => {
    registry.requireLogin('me', 'secret')
    registry.addImage('1', [layer])
    expect(await outcome(request('a:1'))).toMatchObject({
      message: expect.stringMatching(/^unauthorized: .* name one in imagePullSecret$/),
    })
    const wrong = async (): Promise<RegistryLogin[]> => [{ ...login(), password: 'guess' }]
    expect(await outcome(request('a:1', { logins: wrong }))).toMatchObject({
      message: expect.stringMatching(/^unauthorized: .* answered 401 \(DENIED: wrong name or password\) .* as me$/),
    })
    expect(contentOf(await outcome(request('a:1', { logins })))).toEqual(disk)
  })

  it('goes to its own registry only, not to where that sends us', async () => {
    const elsewhere = await startFakeRegistry()
    onTestFinished(() => elsewhere.close())
    registry.requireLogin('me', 'secret')
    registry.addImage('1', [layer])
    elsewhere.addBlob(layer)
    registry.intercept = ({ url = '' }, response) => {
      if (!url.includes('/blobs/')) return false
      response.writeHead(307, { location: `http://${elsewhere.host}${url}` }).end()
      return true
    }
    expect(contentOf(await outcome(request('a:1', { logins })))).toEqual(disk)
    expect(elsewhere.requests).toMatchObject([{ authorization: undefined }])
    expect(registry.requests.filter(({ authorization }) => authorization?.startsWith('Bearer') === true)).not.toEqual([])
  })
})

describe('a registry in trouble', () => {
  /** Answers the first so many requests for layers in this way. */
  function spoil(times: number, answer: FakeRegistry['intercept']): void {
    let left = times
    registry.intercept = (asked, response) => asked.url?.includes('/blobs/') === true && --left >= 0 && answer(asked, response)
  }
  const half = layer.length / 2

  it('IM7 that cuts a layer off is asked for the rest of it', async () => {
    registry.addImage('1', [layer])
    spoil(2, (asked, response) => {
      const start = Number(/\d+/.exec(asked.headers.range ?? '0')?.[0])
      const headers = {
        'content-length': layer.length - start,
        'content-range': `bytes ${start}-${layer.length - 1}/${layer.length}`,
      }
      response.writeHead(start === 0 ? 200 : 206, headers)
      response.write(layer.subarray(start, start + half / 2), () => setTimeout(() => response.destroy(), 20))
      return true
    })
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
    const ranges = registry.requests.filter(({ line }) => line.includes('blobs')).map(({ range }) => range)
    expect(ranges[0]).toBeUndefined()
    expect(ranges.slice(1)).toEqual([expect.stringMatching(/^bytes=[1-9]/), expect.stringMatching(/^bytes=[1-9]/)])
  })

  it('that knows no ranges sends it all again', async () => {
    registry.addImage('1', [layer])
    writeFileSync(join(folder, 'downloads', `${digestOf(layer).slice(7)}.unfinished`), layer.subarray(0, half))
    spoil(1, (_, response) => (response.writeHead(200, { 'content-length': layer.length }).end(layer), true))
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
  })

  it('has what lay here from before checked as well', async () => {
    registry.addImage('1', [layer])
    writeFileSync(join(folder, 'downloads', `${digestOf(layer).slice(7)}.unfinished`), Buffer.alloc(half, 'spoilt'))
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
  })

  it.each([
    ['sends something else', (): Buffer => Buffer.alloc(layer.length, 'x'), /its sha256 is another/],
    ['sends more', (): Buffer => Buffer.concat([layer, layer]), /sent more than the \d+ bytes/],
  ])('that %s is not believed', async (_what, content, message) => {
    registry.addImage('1', [layer])
    spoil(9, (_, response) => (response.writeHead(200).end(content()), true))
    expect(await outcome(request('a:1'))).toMatchObject({ kind: 'failed', message: expect.stringMatching(message) })
    expect(leftovers()).toEqual([])
  })

  it('that sends too little for good is given up on, and what came stays for the next try', async () => {
    registry.addImage('1', [layer])
    registry.intercept = ({ url = '', headers }, response) => {
      if (!url.includes('/blobs/')) return false
      if (headers.range === undefined) response.writeHead(200).end(layer.subarray(0, half))
      else response.writeHead(206, { 'content-range': `bytes ${half}-${layer.length - 1}/${layer.length}` }).end()
      return true
    }
    expect(await outcome(request('a:1'))).toMatchObject({
      message: expect.stringMatching(/sent \d+ of the \d+ bytes .* and no more/),
    })
    expect(leftovers()).toEqual([`${digestOf(layer).slice(7)}.unfinished`])
  })

  it('that asks for patience gets it', async () => {
    registry.addImage('1', [layer])
    let left = 2
    registry.intercept = (_, response) =>
      --left >= 0 && (refuse(response, 429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '7' }), true)
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
    expect(clock.waits.slice(0, 2)).toEqual([7000, 7000])
  })

  it('that asks for more patience than a pull has is told of', async () => {
    registry.intercept = (_, response) => (refuse(response, 429, 'TOOMANYREQUESTS', 'limit', { 'retry-after': '3600' }), true)
    expect(await outcome(request('a:1'))).toMatchObject({
      message: expect.stringMatching(/^too many requests: .*TOOMANYREQUESTS/),
    })
    expect(lines(/./)).toHaveLength(1)
  })

  it('that is down for a moment is asked again', async () => {
    registry.addImage('1', [layer])
    let left = 3
    registry.intercept = (_, response) => --left >= 0 && (response.writeHead(502).end('<html>bad gateway</html>'), true)
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
    left = 4
    expect(await outcome(request('b:1'))).toMatchObject({ message: expect.stringMatching(/answered 502 when asked for/) })
  })

  it('that sends us round in circles is left', async () => {
    registry.intercept = ({ url = '' }, response) => (response.writeHead(302, { location: url }).end(), true)
    expect(await outcome(request('a:1'))).toMatchObject({ message: expect.stringMatching(/from one place to the next/) })
  })
})

describe('a full disk', () => {
  it('is told with a way out, and nothing is left on it', async () => {
    registry.addImage('1', [layer])
    const full = Object.assign(new Error('write'), { code: 'ENOSPC', syscall: 'write' })
    images.add = () => Promise.reject(full)
    expect(await outcome(request('a:1'))).toMatchObject({
      message: expect.stringMatching(/^no space left on the disk of .*: free some, remove images that nobody needs/),
    })
    expect(leftovers()).toEqual([])
  })

  it('is seen before it is full: the last of it belongs to those who run', async () => {
    await expect(assertRoom(folder, 2 ** 60)).rejects.toThrow(/no space left/)
    await assertRoom(folder, -reservedBytes)
    const wrote = watchRoom(join(folder, 'absent'))
    await wrote(64 * 1024 * 1024 - 1)
    await expect(wrote(1)).rejects.toThrow(/ENOENT/)
  })
})

describe('a process that ends', () => {
  it('in the middle of a download leaves no image, and the next one goes on', async () => {
    registry.addImage('1', [layer])
    let sent = (): void => {}
    const isSent = new Promise<void>((resolve) => (sent = resolve))
    registry.intercept = ({ url = '' }, response) => {
      if (!url.includes('/blobs/')) return false
      response.writeHead(200, { 'content-length': layer.length }).write(layer.subarray(0, 200_000), () => setTimeout(sent, 50))
      return true
    }
    await puller.look(request('a:1'))
    await isSent
    await puller.close()
    registry.intercept = () => false
    expect(readdirSync(join(folder, 'content'))).toEqual([])
    await open()
    expect(contentOf(await outcome(request('a:1')))).toEqual(disk)
    expect(registry.requests.at(-1)?.range).toMatch(/^bytes=[1-9]/)
  })

  it('IM7 in the middle of unpacking leaves nothing that is taken for an image', async () => {
    await images.add({ digest: digestOf('x'), packedBytes: 1, pulledAtMs: 1 }, async (root) =>
      writeFileSync(join(root, 'half'), ''),
    )
    mkdirSync(join(folder, 'unfinished', 'draft', 'root'), { recursive: true })
    await expect(
      images.add({ digest: digestOf('y'), packedBytes: 1, pulledAtMs: 1 }, () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no')
    expect(readdirSync(join(folder, 'content'))).toEqual([digestOf('x').slice(7)])
    await open()
    expect(leftovers()).toEqual([])
    expect(statSync(images.folderOf(digestOf('x'))).isDirectory()).toBe(true)
  })
})
