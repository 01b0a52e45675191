import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigMap, configMapDefinition, type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource } from '@sheaf/qemu'
import { afterAll, describe, expect, it } from 'vitest'
import { startTestApi } from '../../api-server.fixture.ts'
import type { Refusal } from '../refusal.ts'
import { localImages } from '../../local-images.ts'
import { seeImages } from './image-sights.ts'
import { sampleInstance } from '../sample-instance.ts'
import { locateFiles } from './volumes.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'sheaf-host-disks-')))
const own = join(root, 'own')
mkdirSync(own)
writeFileSync(join(own, 'store.db'), '')
writeFileSync(join(root, 'disk.img'), '')
symlinkSync(join(own, 'store.db'), join(root, 'innocent.img'))
afterAll(() => rmSync(root, { recursive: true }))

const api = await startTestApi()
const base64 = (text: string) => ({ base64: Buffer.from(text).toString('base64') })
await api.client.resource<ConfigMap>(configMapDefinition).create({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default' },
  data: { 'app.conf': 'a=1\n' },
  binaryData: { key: '/wA=' },
})
await api.client.resource<ConfigMap>(configMapDefinition).create({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'windows', namespace: 'default' },
  data: { 'AutoUnattend.xml': '<unattend/>' },
})
const secret = (name: string, stringData: Record<string, string>) =>
  api.client
    .resource<Secret>(secretDefinition)
    .create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, stringData })
await secret('keys', { password: 'hunter2' })
await secret('user', { userData: '#cloud-config\n' })
await secret('net', { networkdata: '{}' })

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]
async function sourceOf(volume: Omit<Volume, 'name'>): Promise<DiskSource | Refusal | undefined> {
  const metadata = { labels: { tier: 'db', app: 'shop "1"' }, annotations: { note: 'two\nlines' } }
  const instance = sampleInstance({ spec: { volumes: [{ name: 'v', ...volume }] }, metadata })
  const images = await seeImages(instance, { ...api, images: localImages(root, async () => undefined) })
  const located = await locateFiles(instance, { client: api.client, images, privateFolder: own })
  return located.kind === 'found' ? located.files.sources.get('v') : located.refusal
}
const notMounted = (why: string) => ({
  condition: 'Synchronized',
  reason: 'FailedMount',
  message: `MountVolume.SetUp failed for volume "v" : ${why}`,
})

describe('VI64 a volume that configures the guest is a disk', () => {
  it('of a config map, with its text and its bytes', async () => {
    expect(await sourceOf({ configMap: { name: 'settings' } })).toEqual({
      kind: 'seed',
      label: 'cfgdata',
      files: { 'app.conf': 'a=1\n', key: { base64: '/wA=' } },
    })
  })

  it('of a secret, under the label that was asked for', async () => {
    expect(await sourceOf({ secret: { secretName: 'keys', volumeLabel: 'KEYS' } })).toEqual({
      kind: 'seed',
      label: 'KEYS',
      files: { password: base64('hunter2') },
    })
  })

  it('of what is known of the instance', async () => {
    const field = (path: string, fieldPath: string) => ({ path, fieldRef: { fieldPath } })
    const fields = [
      field('name', 'metadata.name'),
      field('pod/labels', 'metadata.labels'),
      field('pod/tier', "metadata.labels['tier']"),
      field('annotations', 'metadata.annotations'),
    ]
    expect(await sourceOf({ downwardAPI: { fields } })).toMatchObject({
      label: 'cfgdata',
      files: { name: 'demo', 'pod/labels': 'app="shop \\"1\\""\ntier="db"', 'pod/tier': 'db', annotations: 'note="two\\nlines"' },
    })
    expect(await sourceOf({ downwardAPI: { fields: [field('x', 'spec.nodeName')] } })).toEqual(
      notMounted('unsupported fieldPath: spec.nodeName'),
    )
    const ofContainer = { path: 'cpu', resourceFieldRef: { resource: 'limits.cpu' } }
    expect(await sourceOf({ downwardAPI: { fields: [ofContainer] } })).toMatchObject({
      message: expect.stringMatching(/asks for limits.cpu of a container/),
    })
  })

  it('of Windows’ answer files, which must be among what is given', async () => {
    expect(await sourceOf({ sysprep: { configMap: { name: 'windows' } } })).toMatchObject({
      label: 'unattendCD',
      files: { 'AutoUnattend.xml': '<unattend/>' },
    })
    expect(await sourceOf({ sysprep: { secret: { name: 'keys' } } })).toMatchObject({
      reason: 'FailedCreate',
      message: 'Sysprep drive should contain autounattend.xml or unattend.xml but neither were found.',
    })
    expect(await sourceOf({ sysprep: {} })).toMatchObject({ message: expect.stringMatching(/either a configMap or a secret/) })
  })
})

describe('VI65 what a volume names and is not there', () => {
  it('is waited for, in the words of Kubernetes', async () => {
    expect(await sourceOf({ configMap: { name: 'none' } })).toEqual(notMounted('configmap "none" not found'))
    expect(await sourceOf({ secret: { secretName: 'none' } })).toEqual(notMounted('secret "none" not found'))
    expect(await sourceOf({ sysprep: { secret: { name: 'none' } } })).toEqual(notMounted('secret "none" not found'))
    expect(await sourceOf({ serviceAccount: { serviceAccountName: 'robot' } })).toMatchObject({
      reason: 'FailedCreate',
      message: expect.stringMatching(/^error looking up service account default\/robot: serviceaccount "robot" not found/),
    })
  })

  it('makes an empty disk where it is optional', async () => {
    const empty = { kind: 'seed', label: 'cfgdata', files: {} }
    expect(await sourceOf({ configMap: { name: 'none', optional: true } })).toEqual(empty)
    expect(await sourceOf({ secret: { secretName: 'none', optional: true } })).toEqual(empty)
  })
})

describe('VI66 cloud-init', () => {
  it('reads a config drive in OpenStack’s layout', async () => {
    const given = { secretRef: { name: 'user' }, networkDataSecretRef: { name: 'net' } }
    const source = await sourceOf({ cloudInitConfigDrive: given })
    expect(source).toMatchObject({
      kind: 'seed',
      label: 'config-2',
      files: {
        'openstack/latest/user_data': base64('#cloud-config\n'),
        'openstack/latest/network_data.json': base64('{}'),
      },
    })
    const files = source !== undefined && 'files' in source ? source.files : {}
    const metaData = files['openstack/latest/meta_data.json']
    expect(JSON.parse(typeof metaData === 'string' ? metaData : '')).toEqual({
      instance_id: 'demo.default',
      hostname: 'demo',
      uuid: sampleInstance().metadata.uid,
    })
  })

  it('is told when a secret has nothing for it', async () => {
    expect(await sourceOf({ cloudInitNoCloud: { secretRef: { name: 'keys' } } })).toMatchObject({
      reason: 'FailedCreate',
      message: 'no cloud-init data-source found at volume: v',
    })
  })
})

describe('VI67 a host disk', () => {
  const hostDisk = (path: string, type = 'Disk', capacity?: string) =>
    sourceOf({ hostDisk: { path, type, ...(capacity === undefined ? {} : { capacity }) } })

  it('is a raw file of this machine, made where that is asked for', async () => {
    expect(await hostDisk(join(root, 'disk.img'))).toEqual({ kind: 'file', path: join(root, 'disk.img'), format: 'raw' })
    expect(await hostDisk(join(root, 'disk.img'), 'DiskOrCreate', '1Mi')).not.toHaveProperty('createBytes')
    expect(await hostDisk(join(root, 'new.img'), 'DiskOrCreate', '1Mi')).toEqual({
      kind: 'file',
      path: join(root, 'new.img'),
      format: 'raw',
      createBytes: 1024 * 1024,
    })
  })

  it('that is not there, no file, or without a size is told', async () => {
    const isNoFile = (path: string) => notMounted(`hostPath type check failed: ${path} is not a file`)
    expect(await hostDisk(join(root, 'none.img'))).toEqual(isNoFile(join(root, 'none.img')))
    expect(await hostDisk(root)).toEqual(isNoFile(root))
    expect(await hostDisk('/none/disk.img')).toEqual(notMounted('hostPath type check failed: /none is not a directory'))
    expect(await hostDisk(join(root, 'none.img'), 'DiskOrCreate')).toMatchObject({
      message: expect.stringMatching(/no capacity/),
    })
    expect(await hostDisk('disk.img')).toMatchObject({ message: expect.stringMatching(/is not absolute/) })
  })

  it('is none of the server’s own files, by whatever name', async () => {
    for (const path of [join(own, 'store.db'), join(root, 'innocent.img'), join(root, 'own/../own/store.db')])
      expect(await hostDisk(path)).toMatchObject({ reason: 'FailedMount', message: expect.stringMatching(/server's own folder/) })
    expect(await hostDisk(join(own, 'new.img'), 'DiskOrCreate', '1Mi')).toMatchObject({
      message: expect.stringMatching(/server's own folder/),
    })
  })
})
