// docs/spec/vm-image.md: the Kind with its controller over the real API server, the real store and a network with faults.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type VirtualMachineImage, type VirtualMachineImageSpec, virtualMachineImageDefinition } from '@sheaf/api'
import type { ResourceClient } from '@sheaf/api/client'
import { type Clock, findCondition, StatusError } from '@sheaf/api/meta'
import {
  type Ports,
  startVirtualMachineImageController,
  type VirtualMachineImagePorts,
  virtualMachineImageKind,
} from '@sheaf/kinds'
import type { Controller } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Machine } from '@sheaf/qemu'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../../../kinds/src/api-server.fixture.ts'
import { type FileServer, sha512Of, startFileServer } from './file-server.fixture.ts'
import { openImageStore, type RunningImageStore } from './vm-image-store.ts'

const disk = Buffer.concat([Buffer.from('a raw disk'), Buffer.alloc(100_000, 7)])
const key = { namespace: 'default', name: 'disk' }

let root: string
let network: FileServer
let api: TestApi
let store: RunningImageStore
let controller: Controller
let images: ResourceClient<VirtualMachineImage>
let machines: Machine[]

/** The API server's, which is there only afterwards. */
const clock: Clock = { now: () => api.clock.now(), after: (delayMs, run) => api.clock.after(delayMs, run) }

const open = (): Promise<RunningImageStore> =>
  openImageStore({ folder: root, fileFolders: [], fetch: (url, init) => network.fetch(url, init), clock })

/** Whichever store there is: it is another one after a restart. */
function portsWith(given: Ports): VirtualMachineImagePorts {
  return {
    ...given,
    hypervisor: { list: async () => machines, onChange: () => ({ close: () => {} }) },
    get imageStore() {
      return store
    },
  }
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sheaf-vm-images-'))
  network = await startFileServer()
  machines = []
  store = await open()
  api = await startTestApi((given) => [...smallKinds, virtualMachineImageKind(portsWith(given))] as Kind[])
  images = api.client.resource(virtualMachineImageDefinition)
  controller = startVirtualMachineImageController(portsWith(api))
})
afterEach(async () => {
  await controller.stop()
  await store.close()
  await network.close()
  rmSync(root, { recursive: true })
})

function imageNamed(name: string, spec: Partial<VirtualMachineImageSpec>): VirtualMachineImage {
  return {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: { namespace: 'default', name },
    spec: { displayName: name, sourceType: 'download', ...spec },
  }
}

const create = (spec: Partial<VirtualMachineImageSpec>, name = 'disk') => images.create(imageNamed(name, spec))
/** The network is a real one, so time goes no faster than for it: whoever needs more passes it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    await pause(1)
    api.clock.advance(1)
  }
}

const toldOf = (image: VirtualMachineImage | undefined, type: string): string => {
  const { status, reason = '', message = '' } = findCondition(image?.status?.conditions, type) ?? {}
  return status === undefined ? 'absent' : `${status} ${reason} ${message}`.trim()
}
const told = async (type: string): Promise<string> => toldOf(await images.get(key), type)

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof StatusError)) throw new Error(`was not refused: ${String(error)}`)
  return `${error.code} ${error.message.replace('admission webhook "validator.harvesterhci.io" denied the request: ', '')}`
}

test('VM1 an image has its label, its reference and the defaults that Harvester gives', async () => {
  const { metadata, spec } = await create({ sourceType: 'upload' })
  expect(metadata.labels).toEqual({ 'harvesterhci.io/imageDisplayName': 'disk' })
  expect(metadata.annotations).toEqual({ 'sheaf.io/image-reference': 'sheaf.local/vmimages/default/disk:latest' })
  expect(spec).toMatchObject({ backend: 'backingimage', retry: 3 })
})

test.each([
  [{ sourceType: 'download' }, '422 url is required'],
  [{ sourceType: 'upload', url: 'http://h/a' }, '422 url should be empty when image source type is "upload"'],
  [{ url: 'ftp://h/a' }, /^422 url is invalid: .*give a URL of http, https or file$/],
  [{ url: 'file:///etc/passwd' }, /^422 url is invalid: .*name one with --image-folders, or upload the file$/],
  [{ url: 'http://h/a', checksum: 'abc' }, /^422 invalid checksum abc: it is the SHA-512 of the file/],
  [{ url: 'http://h/a', displayName: '' }, '422 displayName is required'],
  [{ url: 'http://h/a', displayName: 'a b' }, /^422 displayName is not a valid Kubernetes label value: /],
  [{ sourceType: 'clone' }, /^422 sourceType "clone" is not supported: .*use download or upload$/],
  [{ sourceType: 'restore', url: 'http://h/a' }, /^422 sourceType "restore" is not supported/],
  [{ sourceType: 'export-from-volume' }, /^422 sourceType "export-from-volume" is not supported/],
  [{ sourceType: 'upload', pvcName: 'x' }, '422 pvcName should be empty when image source type is "upload"'],
  [{ sourceType: 'guess' }, /spec.sourceType: Unsupported value: "guess": supported values: "download", "upload"/],
  [{ sourceType: 'upload', retry: 11 }, /spec.retry: Invalid value: 11: should be less than or equal to 10$/],
  [{ sourceType: 'upload', backend: 'tape' }, /spec.backend: Unsupported value: "tape"/],
] as const)('VM2 %j is refused', async (spec, message) => {
  expect(await refusal(create(spec))).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
})

test('VM2 what has no effect is warned about', async () => {
  await create({ sourceType: 'upload', targetStorageClassName: 'fast', backend: 'cdi' })
  expect(api.log.lines.join()).toMatch(/spec.targetStorageClassName has no effect: there are no storage classes/)
})

test('VM3 a displayName is unique in its namespace, and free again when its image is gone', async () => {
  await create({ sourceType: 'upload', displayName: 'ubuntu' })
  expect(await refusal(create({ sourceType: 'upload', displayName: 'ubuntu' }, 'other'))).toMatch(
    /^409 A resource with the same name exists/,
  )
  await images.delete(key)
  await until(async () => (await images.find(key)) === undefined)
  await create({ sourceType: 'upload', displayName: 'ubuntu' }, 'other')
})

test('VM4 what an image is does not change; what is said of it may', async () => {
  const image = await create({ url: 'http://127.0.0.1:1/a' })
  for (const change of [{ url: 'http://h/b' }, { displayName: 'b' }, { sourceType: 'upload' }, { checksum: 'ab'.repeat(64) }]) {
    const [field = ''] = Object.keys(change)
    expect(await refusal(images.patch(key, { spec: change }))).toBe(`422 ${field} cannot be modified`)
  }
  await images.patch(key, { spec: { description: 'for tests', retry: 5 }, metadata: { annotations: null } })
  expect((await images.get(key)).metadata.annotations).toEqual(image.metadata.annotations)
})

test('VM10 a download is told in Harvester’s conditions from its beginning to its end', async () => {
  network.files['/disk'] = { bytes: disk }
  await create({ url: network.url('/disk'), checksum: sha512Of(disk) })
  await until(async () => (await told('Imported')).startsWith('True'))
  const { status } = await images.get(key)
  expect(status).toMatchObject({ progress: 100, size: disk.length, virtualSize: disk.length, appliedUrl: network.url('/disk') })
  expect(await told('Initialized')).toBe('True Initialized')
  expect(await told('Imported')).toBe('True Imported')
  expect(await told('RetryLimitExceeded')).toBe('absent')
  expect(api.recorded).toEqual([`Normal Imported disk: ${disk.length} bytes are here and checked`])
  const written = api.writes.length
  await controller.whenIdle()
  expect(api.writes.length).toBe(written)
})

test('VM12 a download that fails is tried again after ten seconds, so often as spec.retry says, then never', async () => {
  await create({ url: network.url('/none'), retry: 1 })
  const first = `failed due to error: got 404 status code from ${network.url('/none')}`
  await until(async () => (await images.get(key)).status?.failed === 1)
  expect(await told('Imported')).toBe(`Unknown Importing ${first}`)
  expect(await told('RetryLimitExceeded')).toBe(`False  ${first}`)
  expect(network.requests).toHaveLength(1)
  await controller.whenIdle()
  api.clock.advance(9_000)
  await controller.whenIdle()
  expect(network.requests).toHaveLength(1)
  api.clock.advance(1_000)
  await until(async () => (await images.get(key)).status?.failed === 2)
  const second = `retry attempted 1/1 ${first}`
  expect(await told('RetryLimitExceeded')).toBe(`True  ${second}`)
  expect(await told('Initialized')).toBe(`False Initialized ${second}`)
  expect(await told('Imported')).toBe(`False ImportFailed ${second}`)
  await until(() => readdirSync(join(root, 'unfinished')).length === 0)
  api.clock.advance(60_000)
  await controller.whenIdle()
  expect(network.requests).toHaveLength(2)
  expect(api.recorded).toEqual([`Warning DownloadFailed disk: ${first}`, `Warning RetryLimitExceeded disk: ${second}`])

  network.files['/none'] = { bytes: disk }
  await images.patch(key, { spec: { retry: 2 } })
  await until(async () => (await told('Imported')) === 'True Imported')
  expect(await told('RetryLimitExceeded')).toBe('False')
})

test('VM16 a process that ends in the middle of a download is followed by one that goes on', async () => {
  network.files['/disk'] = { bytes: disk, etag: '"1"', stallsAfter: 50_000 }
  await create({ url: network.url('/disk'), checksum: sha512Of(disk) })
  await until(() => network.requests.length > 0)
  await controller.stop()
  await store.close()
  network.files['/disk'] = { bytes: disk, etag: '"1"' }
  store = await open()
  controller = startVirtualMachineImageController(portsWith(api))
  await until(async () => (await told('Imported')) === 'True Imported')
  expect((await images.get(key)).status?.conditions?.filter(({ type }) => type === 'RetryLimitExceeded')).toEqual([])
})

function machineOn(file: string): Machine {
  const disks = [{ source: { kind: 'overlay', backingFile: file } }]
  return { plan: { name: 'default_web', disks } } as unknown as Machine
}

test('VM30 an image that a machine stands on is not deleted, and who it is is said', async () => {
  network.files['/disk'] = { bytes: disk }
  const { metadata } = await create({ url: network.url('/disk') })
  await until(async () => (await told('Imported')) === 'True Imported')
  const stored = await store.look({ uid: metadata.uid ?? '', ...key })
  machines = stored.kind === 'there' ? [machineOn(stored.file)] : []
  const words = /^422 Cannot delete image default\/disk: being used by virtual machine default\/web: stop it first$/
  expect(await refusal(images.delete(key))).toMatch(words)

  // One that starts in the same instant is waited for.
  const beside = machines
  machines = []
  await images.delete(key)
  machines = beside
  await until(async () => (await told('InUse')).startsWith('True'))
  expect(await told('InUse')).toBe('True MachinesRun the image goes when no machine stands on it any more: stop default/web')
  machines = []
  api.clock.advance(2_000)
  await until(async () => (await images.find(key)) === undefined)
  expect(readdirSync(join(root, 'content'))).toEqual([])
})

test('VM31 an image that is deleted in the middle of its download leaves nothing', async () => {
  network.files['/disk'] = { bytes: disk, stallsAfter: 10 }
  await create({ url: network.url('/disk') })
  await until(async () => (await images.get(key)).status?.size === disk.length)
  await images.delete(key)
  await until(async () => (await images.find(key)) === undefined)
  expect(readdirSync(join(root, 'unfinished'))).toEqual([])
})

const upload = '/apis/subresources.sheaf.io/v1/namespaces/default/virtualmachineimages/disk/upload'

async function send(
  method: string,
  query: string,
  body?: Uint8Array,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const { status, body: answer } = await api.server.handle(
    { method, path: `${upload}${query}`, headers: { 'content-type': 'application/octet-stream' }, ...(body && { body }) },
    { username: 'somebody', groups: [] },
  )
  return { status, json: JSON.parse(answer as string) as Record<string, unknown> }
}

test('VM20 an upload through the API answers how many bytes are there, and ends with the image', async () => {
  await create({ sourceType: 'upload', checksum: sha512Of(disk) })
  await until(async () => (await told('Initialized')) === 'True Initialized')
  const size = `size=${disk.length}`
  expect(await send('GET', '')).toEqual({ status: 200, json: { receivedBytes: 0, imported: false } })
  expect(await send('PUT', `?offset=0&${size}`, disk.subarray(0, 60_000))).toEqual({
    status: 200,
    json: { receivedBytes: 60_000, totalBytes: disk.length, imported: false },
  })
  await until(async () => (await images.get(key)).status?.progress === 59)
  expect(await send('PUT', `?offset=1&${size}`, disk.subarray(1, 9))).toMatchObject({
    status: 409,
    json: { message: expect.stringMatching(/the next one begins at byte 60000; GET upload tells where to go on$/) },
  })
  expect((await send('GET', '')).json).toMatchObject({ receivedBytes: 60_000 })
  expect((await send('PUT', `?offset=60000&${size}`, disk.subarray(60_000))).json).toMatchObject({ imported: true })
  await until(async () => (await told('Imported')) === 'True Imported')
})

test('VM22 an upload that is wrong is told to its sender and in the conditions', async () => {
  await create({ sourceType: 'upload', checksum: 'ab'.repeat(64) })
  const wrong = await send('PUT', `?offset=0&size=${disk.length}`, disk)
  expect(wrong).toMatchObject({
    status: 422,
    json: { message: expect.stringMatching(/^the checksum does not match.*nothing of it was kept$/) },
  })
  await until(async () => (await told('Imported')).startsWith('False UploadFailed the checksum does not match'))
  await send('PUT', `?offset=0&size=${disk.length}`, disk.subarray(0, 10))
  await until(async () => (await told('Imported')) === 'Unknown Importing')
})

test('VM23 what cannot be uploaded to is said', async () => {
  expect((await send('GET', '')).status).toBe(404)
  await create({ url: 'http://127.0.0.1:1/a' })
  expect(await send('PUT', '?offset=0&size=9', disk)).toMatchObject({
    status: 400,
    json: { message: 'sourceType of default/disk is download: only an image of sourceType upload is uploaded' },
  })
  await images.delete(key)
  await until(async () => (await images.find(key)) === undefined)
  await create({ sourceType: 'upload' })
  for (const query of ['', '?offset=0', '?offset=-1&size=5', '?offset=0&size=0', '?offset=a&size=9'])
    expect((await send('PUT', query, disk)).status).toBe(400)
})
