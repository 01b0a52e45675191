// docs/spec/volume.md

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type LimitRange,
  limitRangeDefinition,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  persistentVolumeDefinition,
  type ResourceQuota,
  resourceQuotaDefinition,
  type StorageClass,
  storageClassDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { isNotFound } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { expect, onTestFinished, test } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../api-server.fixture.ts'
import { persistentVolumeKind, startPersistentVolumeController, type VolumeStore } from '../persistentvolume/index.ts'
import { createQuotas, resourceQuotaKind } from '../resourcequota/index.ts'
import { ensureStorageClasses, storageClassKind } from '../storageclass/index.ts'
import { sampleInstance } from '../virtualmachineinstance/sample-instance.ts'
import { locateFiles } from '../virtualmachineinstance/volumes/volumes.ts'
import { persistentVolumeClaimKind, startPersistentVolumeClaimController } from './index.ts'

const namespace = 'default'
const key = (name: string) => ({ namespace, name })

const others = smallKinds.filter(({ definition }) => definition.plural !== persistentVolumeClaimDefinition.plural)

/** Files for real, and a disk that may be full. */
function volumesIn(folder: string): VolumeStore & { isFull: boolean } {
  const store = {
    isFull: false,
    async ensure(name: string, bytes: number) {
      if (store.isFull) throw new Error('ENOSPC: no space left on device')
      const place = join(folder, name)
      await mkdir(place, { recursive: true })
      writeFileSync(join(place, 'disk.img'), Buffer.alloc(bytes))
      return place
    },
    async remove(name: string) {
      rmSync(join(folder, name), { recursive: true, force: true })
    },
  }
  return store
}

async function world({ controllers = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-claims-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const volumeStore = volumesIn(folder)
  let quotas: ReturnType<typeof createQuotas> | undefined
  const api = await startTestApi(
    (ports) => {
      quotas = createQuotas(ports)
      const claims = persistentVolumeClaimKind(ports)
      const instances = { definition: virtualMachineInstanceDefinition }
      return [...others, resourceQuotaKind, storageClassKind, persistentVolumeKind, claims, instances] as Kind[]
    },
    { charge: async (...asked) => (await quotas?.charge(...asked)) ?? (() => {}) },
  )
  quotas?.start(api.server)
  await ensureStorageClasses(api.client)
  const instances = startInformer<VirtualMachineInstance>({ ...api, resource: virtualMachineInstanceDefinition })
  const claims = startInformer<PersistentVolumeClaim>({ ...api, resource: persistentVolumeClaimDefinition })
  const volumes = startInformer<PersistentVolume>({ ...api, resource: persistentVolumeDefinition })
  const ports = { ...api, volumeStore, nodeName: 'here' }
  const start = () => [
    startPersistentVolumeClaimController(ports, { instances, claims, volumes }),
    startPersistentVolumeController(ports, { claims, volumes }),
  ]
  let running = controllers ? start() : []
  onTestFinished(async () => {
    for (const each of [instances, claims, volumes]) each.stop()
    quotas?.stop()
    for (const each of running) await each.stop()
  })
  return {
    ...api,
    folder,
    volumeStore,
    claims: api.client.resource<PersistentVolumeClaim>(persistentVolumeClaimDefinition),
    volumes: api.client.resource<PersistentVolume>(persistentVolumeDefinition),
    classes: api.client.resource<StorageClass>(storageClassDefinition),
    instances: api.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition),
    begin: () => void (running = start()),
  }
}

const claimOf = (name: string, storage = '1Mi', more: Partial<NonNullable<PersistentVolumeClaim['spec']>> = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: key(name),
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
})

const volumeOf = (name: string, path: string, more: Partial<NonNullable<PersistentVolume['spec']>> = {}): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '4Mi' },
    local: { path },
    storageClassName: 'local',
    ...more,
  },
})

const instanceOn = (name: string, claimName: string): VirtualMachineInstance => {
  const { status: _status, ...instance } = sampleInstance({
    spec: { volumes: [{ name: 'root', persistentVolumeClaim: { claimName } }] },
  })
  return { ...instance, metadata: { namespace, name } }
}

type World = Awaited<ReturnType<typeof world>>

const bound = async ({ until, claims }: World, name: string): Promise<PersistentVolumeClaim> => {
  await until(async () => (await claims.get(key(name))).status?.phase === 'Bound')
  return claims.get(key(name))
}

test('VO1 a claim gets a disk, and goes with it', async () => {
  const it = await world()
  const made = await it.claims.create(claimOf('data'))
  expect(made).toMatchObject({
    metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
    spec: { storageClassName: 'local', volumeMode: 'Filesystem' },
    status: { phase: 'Pending' },
  })
  const { spec, status } = await bound(it, 'data')
  const name = `pvc-${made.metadata.uid}`
  expect(spec?.volumeName).toBe(name)
  expect(status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Mi' } })
  await it.until(async () => (await it.volumes.get({ namespace: '', name })).status?.phase === 'Bound')
  expect(statSync(join(it.folder, name, 'disk.img')).size).toBe(2 ** 20)
  await it.claims.delete(key('data'))
  await it.until(async () => (await it.volumes.list()).items.length === 0)
  expect(existsSync(join(it.folder, name))).toBe(false)
  expect(it.log.lines).toEqual([])
})

test('VO1 what a death left half done is finished, and nothing is made twice', async () => {
  const it = await world({ controllers: false })
  const { metadata } = await it.claims.create(claimOf('data'))
  const name = `pvc-${metadata.uid}`
  const path = await it.volumeStore.ensure(name, 2 ** 20)
  await it.volumes.create(
    volumeOf(name, path, { capacity: { storage: '1Mi' }, claimRef: { ...key('data'), uid: metadata.uid ?? '' } }),
  )
  it.begin()
  expect((await bound(it, 'data')).spec?.volumeName).toBe(name)
  expect((await it.volumes.list()).items).toHaveLength(1)
})

test('VO2 the smallest volume that fits is taken, and none that is kept for another', async () => {
  const it = await world({ controllers: false })
  await it.volumes.create(volumeOf('large', '/large', { capacity: { storage: '9Mi' } }))
  await it.volumes.create(volumeOf('fitting', '/fitting'))
  await it.volumes.create(volumeOf('small', '/small', { capacity: { storage: '1Mi' } }))
  await it.volumes.create(volumeOf('kept', '/kept', { capacity: { storage: '3Mi' }, claimRef: key('other') }))
  await it.claims.create(claimOf('data', '2Mi'))
  it.begin()
  expect(await bound(it, 'data')).toMatchObject({ spec: { volumeName: 'fitting' }, status: { capacity: { storage: '4Mi' } } })
  await it.claims.create(claimOf('other', '2Mi'))
  expect((await bound(it, 'other')).spec?.volumeName).toBe('kept')
  await it.claims.delete(key('data'))
  await it.until(async () => (await it.volumes.get({ namespace: '', name: 'fitting' })).status?.phase === 'Released')
})

test('VO2 a volume that is asked for by its name must fit too', async () => {
  const it = await world()
  await it.volumes.create(volumeOf('chosen', '/chosen'))
  await it.claims.create(claimOf('large', '5Mi', { volumeName: 'chosen' }))
  await it.until(() => it.recorded.some((each) => each.includes('Cannot bind to requested volume "chosen"')))
  await it.claims.create(claimOf('data', '2Mi', { volumeName: 'chosen' }))
  expect((await bound(it, 'data')).spec?.volumeName).toBe('chosen')
  await it.claims.create(claimOf('late', '2Mi', { volumeName: 'chosen' }))
  await it.until(() => it.recorded.some((each) => each.includes('already bound to a different claim')))
})

test('VO3 a claim that nothing can be made for says why, and is tried again', async () => {
  const it = await world()
  await it.claims.create(claimOf('classless', '1Mi', { storageClassName: 'fast' }))
  await it.until(() => it.recorded.some((each) => each.includes('storageclass.storage.k8s.io "fast" not found')))
  await it.classes.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'far' },
    provisioner: 'example.org/far',
  })
  await it.claims.create(claimOf('far', '1Mi', { storageClassName: 'far' }))
  await it.until(() =>
    it.recorded.some((each) => /ExternalProvisioning far: nobody here makes volumes as "example.org/.test(each)),
  )
  it.volumeStore.isFull = true
  await it.claims.create(claimOf('late'))
  await it.until(() => it.recorded.some((each) => /ProvisioningFailed late: .*no space left on device/.test(each)))
  it.volumeStore.isFull = false
  await bound(it, 'late')
  expect((await it.claims.get(key('classless'))).status?.phase).toBe('Pending')
})

test('VO4 a claim grows when no machine stands on it, and never shrinks', async () => {
  const it = await world()
  await it.claims.create(claimOf('data'))
  const claim = await bound(it, 'data')
  const sized = (storage: string, of = claim) => ({ ...of, spec: { ...of.spec, resources: { requests: { storage } } } })
  await expect(it.claims.update(sized('512Ki'))).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('field can not be less than status.capacity'),
  })
  await it.instances.create(instanceOn('user', 'data'))
  await it.claims.update(sized('2Mi'))
  await it.until(async () => (await it.claims.get(key('data'))).status?.conditions?.[0]?.type === 'FileSystemResizePending')
  expect(statSync(join(it.folder, claim.spec?.volumeName ?? '', 'disk.img')).size).toBe(2 ** 20)
  await it.instances.delete(key('user'))
  const instance = await it.instances.find(key('user'))
  if (instance !== undefined) await it.instances.update({ ...instance, metadata: { ...instance.metadata, finalizers: [] } })
  await it.until(async () => (await it.claims.get(key('data'))).status?.capacity?.['storage'] === '2Mi')
  expect((await it.claims.get(key('data'))).status?.conditions).toBeUndefined()
  expect(statSync(join(it.folder, claim.spec?.volumeName ?? '', 'disk.img')).size).toBe(2 ** 21)
})

test('VO5 a claim stays as long as a machine stands on it', async () => {
  const it = await world()
  await it.claims.create(claimOf('data'))
  const { spec } = await bound(it, 'data')
  const user = await it.instances.create(instanceOn('user', 'data'))
  await it.claims.delete(key('data'))
  await it.until(async () => (await it.claims.get(key('data'))).metadata.deletionTimestamp !== undefined)
  expect(existsSync(join(it.folder, spec?.volumeName ?? '', 'disk.img'))).toBe(true)
  await it.instances.delete(key('user'))
  const left = await it.instances.find(key('user'))
  if (left !== undefined) await it.instances.update({ ...user, metadata: { ...left.metadata, finalizers: [] } })
  await it.until(async () => (await it.claims.find(key('data'))) === undefined)
})

test('VO5 a class that retains leaves the disk', async () => {
  const it = await world()
  await it.classes.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'kept' },
    provisioner: 'sheaf.io/local',
    reclaimPolicy: 'Retain',
  })
  await it.claims.create(claimOf('data', '1Mi', { storageClassName: 'kept' }))
  const { spec } = await bound(it, 'data')
  const name = spec?.volumeName ?? ''
  await it.claims.delete(key('data'))
  await it.until(async () => (await it.volumes.get({ namespace: '', name })).status?.phase === 'Released')
  await it.volumes.delete({ namespace: '', name })
  await it.until(async () => (await it.volumes.find({ namespace: '', name })) === undefined)
  expect(existsSync(join(it.folder, name, 'disk.img'))).toBe(true)
})

const locate = (api: TestApi, instance: VirtualMachineInstance) =>
  locateFiles(instance, { client: api.client, images: { of: () => undefined } as never })

test('VO6 VO7 a machine is given the disk of its claim as soon as that is bound', async () => {
  const it = await world({ controllers: false })
  const instance = await it.instances.create(instanceOn('user', 'data'))
  expect(await locate(it, instance)).toMatchObject({ refusal: { reason: 'FailedPvcNotFound' } })
  await it.claims.create(claimOf('data'))
  expect(await locate(it, instance)).toMatchObject({
    refusal: { reason: 'WaitingForVolumeBinding', message: expect.stringContaining('--field-selector involvedObject.name=data') },
  })
  it.begin()
  const { spec } = await bound(it, 'data')
  const path = join(it.folder, spec?.volumeName ?? '', 'disk.img')
  const sourcesOf = async (volume: object) => {
    const located = await locate(it, { ...instance, spec: { ...instance.spec, volumes: [{ name: 'root', ...volume }] } })
    return located.kind === 'found' ? [...located.files.sources.values(), ...(located.files.readOnly ?? [])] : located
  }
  expect(await sourcesOf({ persistentVolumeClaim: { claimName: 'data' } })).toEqual([{ kind: 'file', path, format: 'raw' }])
  expect(await sourcesOf({ dataVolume: { name: 'data' } })).toEqual([{ kind: 'file', path, format: 'raw' }])
  expect(await sourcesOf({ persistentVolumeClaim: { claimName: 'data', readOnly: true } })).toEqual([
    { kind: 'file', path, format: 'raw' },
    'root',
  ])
  expect(await sourcesOf({ ephemeral: { persistentVolumeClaim: { claimName: 'data' } } })).toEqual([
    { kind: 'overlay', backingFile: path, backingFormat: 'raw' },
  ])
})

test('VO8 the second machine on a claim waits for the first, unless it is for many', async () => {
  const it = await world()
  await it.claims.create(claimOf('data'))
  await it.claims.create(claimOf('shared', '1Mi', { accessModes: ['ReadWriteMany'] }))
  await bound(it, 'data')
  await bound(it, 'shared')
  const first = await it.instances.create(instanceOn('first', 'data'))
  await it.until(() => it.clock.now() > Date.parse(first.metadata.creationTimestamp ?? '') + 2000)
  const second = await it.instances.create(instanceOn('second', 'data'))
  expect(await locate(it, first)).toMatchObject({ kind: 'found' })
  expect(await locate(it, second)).toMatchObject({
    refusal: { reason: 'FailedAttachVolume', message: expect.stringContaining('is attached to "first"') },
  })
  await it.instances.create(instanceOn('third', 'shared'))
  expect(await locate(it, await it.instances.create(instanceOn('fourth', 'shared')))).toMatchObject({ kind: 'found' })
})

test.each<[string, Partial<NonNullable<PersistentVolumeClaim['spec']>>, string]>([
  [
    'a copy',
    { dataSource: { kind: 'VolumeSnapshot', name: 'then' } },
    'spec.dataSource: Forbidden: volumes of this machine begin empty',
  ],
  ['no way to use it', { accessModes: [] }, 'spec.accessModes: Required value: at least 1 access mode is required'],
  ['no size', { resources: {} }, 'spec.resources[storage]: Required value'],
  ['another mode', { volumeMode: 'Tape' }, 'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
])('VO9 a claim with %s is refused', async (_, more, why) => {
  const it = await world({ controllers: false })
  await expect(it.claims.create(claimOf('data', '1Mi', more))).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining(why),
  })
})

test('VO9 a volume elsewhere is refused with what would work', async () => {
  const it = await world({ controllers: false })
  const { local: _local, ...spec } = volumeOf('far', '/far').spec ?? {}
  const far = { ...volumeOf('far', '/far'), spec: { ...spec, nfs: { server: 'far', path: '/' } } }
  await expect(it.volumes.create(far)).rejects.toMatchObject({
    code: 422,
    message: expect.stringMatching(/spec\.nfs: Forbidden: this machine attaches disks of its own: name a file/),
  })
})

test('VO10 a limit that comes later than a larger claim keeps it neither from being bound nor from being deleted', async () => {
  const it = await world({ controllers: false })
  await it.claims.create(claimOf('large', '5Mi'))
  await it.client.resource<LimitRange>(limitRangeDefinition).create(limitOf('4Mi'))
  it.begin()
  await it.until(async () => (await it.claims.get(key('large'))).status?.phase === 'Bound')
  const bound = await it.claims.get(key('large'))
  const larger = { ...bound, spec: { ...bound.spec, resources: { requests: { storage: '6Mi' } } } }
  await expect(it.claims.update(larger)).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining('maximum storage usage per PersistentVolumeClaim is 4Mi, but request is 6Mi'),
  })
  await it.claims.delete(key('large'))
  await it.until(async () => (await it.claims.find(key('large'))) === undefined)
})

const limitOf = (storage: string): LimitRange => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: key('each'),
  spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage } }] },
})

test('VO10 quotas and limits know claims', async () => {
  const it = await world({ controllers: false })
  await it.client.resource<LimitRange>(limitRangeDefinition).create(limitOf('4Mi'))
  await expect(it.claims.create(claimOf('large', '5Mi'))).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining('maximum storage usage per PersistentVolumeClaim is 4Mi, but request is 5Mi'),
  })
  await it.client.resource<ResourceQuota>(resourceQuotaDefinition).create({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: key('all'),
    spec: { hard: { 'requests.storage': '5Mi', persistentvolumeclaims: '9' } },
  })
  await it.until(async () => {
    const refusal = await it.claims.create(claimOf(`c-${it.clock.now()}`, '3Mi')).catch((error: unknown) => error)
    return refusal instanceof Error && !isNotFound(refusal) && refusal.message.includes('requested: requests.storage=3Mi')
  })
})
