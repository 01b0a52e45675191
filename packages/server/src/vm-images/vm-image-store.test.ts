// docs/spec/vm-image.md: how the bytes of images come here. The network is a real one on the loopback address, with faults.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createManualClock } from '@sheaf/machinery/controller'
import type { ImageIdentity, StoredImage, UploadPiece } from '@sheaf/kinds'
import { mountSmallDisk } from '../../../../test/kit/small-disk.ts'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { type FileServer, sha512Of, startFileServer } from './file-server.fixture.ts'
import { openImageStore, type RunningImageStore } from './vm-image-store.ts'

const image: ImageIdentity = { uid: '0000-aa', namespace: 'default', name: 'disk' }
const disk = Buffer.concat([Buffer.from('a raw disk'), Buffer.alloc(300_000, 7), Buffer.from('its end')])
const clock = createManualClock()

let root: string
let store: RunningImageStore
let network: FileServer
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sheaf-vm-images-'))
  network = await startFileServer()
  store = await open()
})
afterEach(async () => {
  await store.close()
  await network.close()
  rmSync(root, { recursive: true })
})

const open = (): Promise<RunningImageStore> =>
  openImageStore({
    folder: join(root, 'images'),
    fileFolders: [join(root, 'open')],
    fetch: (url, init) => network.fetch(url, init),
    clock,
  })

async function until<K extends StoredImage['kind']>(kind: K): Promise<Extract<StoredImage, { kind: K }>> {
  for (;;) {
    const stored = await store.look(image)
    if (stored.kind === kind) return stored as Extract<StoredImage, { kind: K }>
    if (stored.kind === 'failed') throw new Error(stored.message)
    await pause(1)
  }
}

async function failure(url: string, sha512?: string): Promise<string> {
  store.download(image, { url, sha512 })
  return (await until('failed')).message
}

const leftovers = (): string[] => readdirSync(join(root, 'images', 'unfinished'))

test('VM10 a download becomes a folder with the disk in it, under its reference', async () => {
  network.files['/disk'] = { bytes: disk }
  expect(await store.sight('sheaf.local/vmimages/default/disk:latest')).toBeUndefined()
  store.download(image, { url: network.url('/disk'), sha512: sha512Of(disk) })
  expect(await store.sight('sheaf.local/vmimages/default/disk:latest')).toMatchObject({ kind: 'pulling' })
  const { folder, file, sizeBytes, virtualSizeBytes } = await until('there')
  expect(readFileSync(file)).toEqual(disk)
  expect([sizeBytes, virtualSizeBytes]).toEqual([disk.length, disk.length])
  for (const reference of ['sheaf.local/vmimages/default/disk:latest', 'sheaf.local/vmimages/default/disk'])
    expect(await store.sight(reference)).toEqual({ kind: 'there', folder })
  expect(readdirSync(join(folder, 'disk'))).toEqual(['disk.img'])
  while (leftovers().length > 0) await pause(1)
})

test('VM10 an image is kept by uid: another of the same name is another folder, and the next process knows both', async () => {
  network.files['/disk'] = { bytes: disk }
  store.download(image, { url: network.url('/disk'), sha512: undefined })
  const { folder } = await until('there')
  await store.close()
  store = await open()
  expect(await store.look(image)).toMatchObject({ kind: 'there', folder })
  expect(await store.look({ ...image, uid: '0000-bb' })).toEqual({ kind: 'none' })
  await store.remove(image)
  expect(await store.look(image)).toEqual({ kind: 'none' })
  expect(await store.sight('sheaf.local/vmimages/default/disk:latest')).toBeUndefined()
  expect(readdirSync(join(root, 'images', 'content'))).toEqual([])
})

test('VM11 a connection that breaks is gone on with from there, as long as it brings anything', async () => {
  network.files['/disk'] = { bytes: disk, etag: '"1"', cutsAfter: [100_000, 50_000] }
  store.download(image, { url: network.url('/disk'), sha512: sha512Of(disk) })
  await until('there')
  expect(network.requests[0]).toBe('GET /disk')
  expect(network.requests.slice(1)).toHaveLength(2)
  expect(network.requests.slice(1).every((each) => each.startsWith('GET /disk bytes='))).toBe(true)
})

test('VM11 what another process left is gone on with; a file that is another by now begins anew', async () => {
  const served = { bytes: disk, etag: '"1"', cutsAfter: [100_000, 0] }
  network.files['/disk'] = served
  expect(await failure(network.url('/disk'))).toMatch(/^cannot get .*: the connection was cut off$/)
  await store.close()
  store = await open()
  expect(await store.look(image)).toEqual({ kind: 'none' })
  const other = Buffer.concat([Buffer.from('another one'), disk])
  network.files['/disk'] = { bytes: other, etag: '"2"' }
  store.download(image, { url: network.url('/disk'), sha512: undefined })
  const { file } = await until('there')
  expect(network.requests.at(-1)).toMatch(/^GET \/disk bytes=\d{5,}-$/)
  expect(readFileSync(file)).toEqual(other)
})

test('VM11 a server without ranges sends all of it again, and one that always breaks is no endless loop', async () => {
  network.files['/disk'] = { bytes: disk, etag: '"1"', hasNoRanges: true, cutsAfter: [100_000] }
  store.download(image, { url: network.url('/disk'), sha512: undefined })
  const { file } = await until('there')
  expect(readFileSync(file)).toEqual(disk)
  network.files['/never'] = { bytes: disk, hasNoRanges: true, cutsAfter: Array.from({ length: 50 }, () => 100_000) }
  await store.remove(image)
  expect(await failure(network.url('/never'))).toMatch(/cut off/)
  expect(network.requests.filter((each) => each.startsWith('GET /never')).length).toBeLessThan(5)
})

test('VM12 the words of a failure are those of the network', async () => {
  expect(await failure(network.url('/none'))).toBe(`got 404 status code from ${network.url('/none')}`)
  const gone = network.url('/disk')
  await network.close()
  expect(await failure(gone)).toBe(`cannot get ${gone}: nobody listens there`)
  network = await startFileServer()
})

test('VM12 a server that stops in the middle is not waited for', async () => {
  network.files['/disk'] = { bytes: disk, stallsAfter: 1000 }
  expect(await failure(network.url('/disk'))).toMatch(/^cannot get http:\S+: 127\.0\.0\.1:\d+ was silent for 0\.05 s$/)
})

test('VM13 what is not what was meant is thrown away, and what it was is said', async () => {
  network.files['/disk'] = { bytes: disk }
  const wanted = 'ab'.repeat(64)
  expect(await failure(network.url('/disk'), wanted)).toBe(
    `the checksum does not match: spec.checksum is ${wanted}, the SHA-512 of what came is ${sha512Of(disk)}`,
  )
  expect(leftovers()).toEqual([])
  network.files['/cut'] = { bytes: disk.subarray(0, 1000), isChunked: true }
  expect(await failure(network.url('/cut'), sha512Of(disk))).toMatch(/^the checksum does not match/)
  network.files['/empty'] = { bytes: Buffer.alloc(0) }
  expect(await failure(network.url('/empty'))).toBe('the file is empty')
})

test('VM14 a file that is no raw disk and no qcow2, or names other files, is refused at its first bytes', async () => {
  const vmdk = Buffer.concat([Buffer.from('KDMV'), Buffer.alloc(1_000_000)])
  network.files['/vmdk'] = { bytes: vmdk }
  expect(await failure(network.url('/vmdk'))).toMatch(/^the file cannot be a disk: it is a VMDK file/)
  const hostile = Buffer.alloc(1024)
  hostile.write('QFI\xfb', 'latin1')
  hostile.writeUInt32BE(3, 4)
  hostile.writeBigUInt64BE(512n, 8)
  network.files['/qcow2'] = { bytes: hostile }
  expect(await failure(network.url('/qcow2'))).toMatch(/it names a backing file/)
  hostile.writeBigUInt64BE(0n, 8)
  hostile.writeBigUInt64BE(10_737_418_240n, 24)
  network.files['/good'] = { bytes: hostile }
  store.download(image, { url: network.url('/good'), sha512: undefined })
  expect(await until('there')).toMatchObject({ sizeBytes: 1024, virtualSizeBytes: 10_737_418_240 })
})

test('VM15 a file of this machine only from a folder that was opened, and by no way around', async () => {
  mkdirSync(join(root, 'open'))
  writeFileSync(join(root, 'secret.img'), disk)
  writeFileSync(join(root, 'open', 'given.img'), disk)
  symlinkSync(join(root, 'secret.img'), join(root, 'open', 'link.img'))
  const url = (path: string): string => `file://${join(root, path)}`
  expect(store.urlProblem(url('open/given.img'))).toBeUndefined()
  expect(store.urlProblem(url('secret.img'))).toMatch(/is not below a folder that is open for that: .*--image-folders/)
  expect(store.urlProblem(`${url('open')}/%2e%2e/secret.img`)).toMatch(/is not below/)
  expect(await failure(url('open/link.img'))).toMatch(/leads out of the folders that are open for that/)
  expect(await failure(url('open/none.img'))).toBe(`there is no file ${url('open/none.img')}`)
  store.download(image, { url: url('open/given.img'), sha512: sha512Of(disk) })
  expect(readFileSync((await until('there')).file)).toEqual(disk)
})

const small = mountSmallDisk(16 * 1024 * 1024)
if ('reason' in small) console.log(`VM17 is skipped: ${small.reason}`)
afterAll(() => 'reason' in small || small.unmount())

test.skipIf('reason' in small)('VM17 a full disk is told as such, and what had come is removed', async () => {
  await store.close()
  root = 'reason' in small ? root : mkdtempSync(join(small.folder, 'data-'))
  store = await open()
  network.files['/disk'] = { bytes: disk }
  expect(await failure(network.url('/disk'))).toMatch(/^no space left on the disk of .*: free some/)
  expect(leftovers()).toEqual([])
  const refused = store.upload({ ...image, uid: '0000-cc' }, piece(0, 1000))
  await expect(refused).rejects.toMatchObject({ kind: 'noRoom', message: expect.stringMatching(/^no space left/) })
  expect(leftovers()).toEqual([])
})

const piece = (offset: number, end: number, more: Partial<UploadPiece> = {}): UploadPiece => ({
  offset,
  totalBytes: disk.length,
  bytes: disk.subarray(offset, end),
  sha512: sha512Of(disk),
  ...more,
})

test('VM20 an upload comes in pieces, over the end of the process, and is checked with the last one', async () => {
  expect(await store.upload(image, piece(0, 1000))).toEqual({ kind: 'receiving', receivedBytes: 1000, totalBytes: disk.length })
  await store.upload(image, piece(1000, 100_000))
  await store.close()
  store = await open()
  expect(await store.look(image)).toMatchObject({ kind: 'receiving', receivedBytes: 100_000 })
  expect(await store.upload(image, piece(100_000, disk.length))).toMatchObject({ kind: 'there', sizeBytes: disk.length })
  expect(readFileSync((await until('there')).file)).toEqual(disk)
  expect(leftovers()).toEqual([])
  await expect(store.upload(image, piece(0, 10))).rejects.toThrow('all of the image is here already')
})

test('VM21 a piece that is not the next one is not taken; the first one begins anew', async () => {
  await store.upload(image, piece(0, 1000))
  const misplaced = { kind: 'misplaced' }
  await expect(store.upload(image, piece(999, 2000))).rejects.toMatchObject(misplaced)
  await expect(store.upload(image, piece(1001, 2000))).rejects.toThrow(
    'the piece begins at byte 1001, but the next one begins at byte 1000',
  )
  await expect(store.upload(image, piece(1000, 2000, { totalBytes: 1500 }))).rejects.toMatchObject(misplaced)
  await expect(store.upload(image, piece(1000, 2000, { totalBytes: disk.length + 1 }))).rejects.toMatchObject(misplaced)
  expect(await store.look(image)).toMatchObject({ receivedBytes: 1000 })
  expect(await store.upload(image, piece(0, 500))).toMatchObject({ receivedBytes: 500 })
})

test('VM21 two pieces at the same time are taken one after the other', async () => {
  const both = await Promise.allSettled([store.upload(image, piece(0, 1000)), store.upload(image, piece(1000, 2000))])
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  const twice = await Promise.allSettled([store.upload(image, piece(2000, 3000)), store.upload(image, piece(2000, 3000))])
  expect(twice.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(await store.look(image)).toMatchObject({ receivedBytes: 3000 })
})

test('VM22 an upload of something else, or of no disk, is thrown away and can be begun anew', async () => {
  const wrong = store.upload(image, { ...piece(0, disk.length), sha512: 'ab'.repeat(64) })
  await expect(wrong).rejects.toMatchObject({ kind: 'wrong', message: expect.stringMatching(/^the checksum does not match/) })
  expect(await store.look(image)).toMatchObject({ kind: 'failed' })
  const bytes = Buffer.concat([Buffer.from('KDMV'), Buffer.alloc(1000)])
  const foreign = store.upload(image, { offset: 0, totalBytes: 2000, bytes, sha512: undefined })
  await expect(foreign).rejects.toThrow(/it is a VMDK file/)
  expect(leftovers()).toEqual([])
  expect(await store.upload(image, piece(0, disk.length))).toMatchObject({ kind: 'there' })
})
