import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { afterAll, describe, expect, it } from 'vitest'
import { startTestApi } from '../../api-server.fixture.ts'
import { configMapKind } from '../../config-map/index.ts'
import { localImages } from '../../local-images.ts'
import { namespaceKind } from '../../namespace/index.ts'
import { secretKind } from '../../secret/index.ts'
import { seeImages } from './image-sights.ts'
import { sampleInstance } from '../sample-instance.ts'
import { locateFiles } from './volumes.ts'

const root = mkdtempSync(join(tmpdir(), 'sheaf-volumes-'))
const image = join(root, 'sheaf.local/guest/latest')
for (const folder of ['disk', 'boot']) mkdirSync(join(image, folder), { recursive: true })
execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(image, 'disk', 'disk.qcow2'), '1M'])
writeFileSync(join(image, 'boot', 'vmlinuz'), '')
mkdirSync(join(root, 'empty.local/image/latest'), { recursive: true })
writeFileSync(join(root, 'outside'), '')
afterAll(() => rmSync(root, { recursive: true }))

const api = await startTestApi([namespaceKind, configMapKind, secretKind] as Kind[])
const images = localImages(root, async (reference) =>
  /^(sheaf|empty)\.local/.test(reference) ? join(root, reference.replace(':', '/')) : undefined,
)
const locate = async (spec: Partial<VirtualMachineInstance['spec']>) => {
  const instance = sampleInstance({ spec })
  return locateFiles(instance, { client: api.client, images: await seeImages(instance, { ...api, images }) })
}
type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]
const sourceOf = async (volume: Omit<Volume, 'name'>) => {
  const located = await locate({ volumes: [{ name: 'v', ...volume }] })
  return located.kind === 'found' ? located.files.sources.get('v') : located.refusal
}

describe('a volume', () => {
  it('of a container disk is an overlay over the disk in the image', async () => {
    expect(await sourceOf({ containerDisk: { image: 'sheaf.local/guest:latest' } })).toEqual({
      kind: 'overlay',
      backingFile: join(image, 'disk/disk.qcow2'),
      backingFormat: 'qcow2',
    })
    expect(await sourceOf({ containerDisk: { image: 'sheaf.local/guest:latest', path: '/disk/disk.qcow2' } })).toMatchObject({
      kind: 'overlay',
    })
  })

  it('may not climb out of its image', async () => {
    expect(await sourceOf({ containerDisk: { image: 'sheaf.local/guest:latest', path: '/../../../outside' } })).toMatchObject({
      reason: 'ErrImagePull',
    })
  })

  it.each([
    [{ containerDisk: { image: 'none.local/x' } }, 'ErrImagePull', /image "none.local\/x" not found in .*/],
    [{ containerDisk: { image: 'empty.local/image:latest' } }, 'ErrImagePull', /has no disk: expected one file in .*disk/],
    [{ persistentVolumeClaim: { claimName: 'data' } }, 'FailedPvcNotFound', /PVC default\/data does not exist/],
    [{ dataVolume: { name: 'data' } }, 'FailedPvcNotFound', /PVC default\/data/],
    [{ ephemeral: { persistentVolumeClaim: { claimName: 'data' } } }, 'FailedPvcNotFound', /PVC default\/data/],
    [{ memoryDump: { claimName: 'data' } }, 'UnsupportedVolume', /volume "v" is a memoryDump/],
    [{ containerPath: { path: '/data' } }, 'UnsupportedVolume', /volume "v" is a containerPath/],
    [
      { cloudInitNoCloud: { secretRef: { name: 'absent' } } },
      'FailedMount',
      /^MountVolume.SetUp failed for volume "v" : secret "absent" not found$/,
    ],
  ] as const)('that is not there is refused by name: %j', async (volume, reason, message) => {
    expect(await sourceOf(volume)).toMatchObject({ condition: 'Synchronized', reason, message: expect.stringMatching(message) })
  })

  it('that is empty has the size that was asked for', async () => {
    expect(await sourceOf({ emptyDisk: { capacity: '1Gi' } })).toEqual({ kind: 'empty', sizeBytes: 1024 ** 3 })
  })

  it('of cloud-init carries user data as it is, or from base64, and names the guest', async () => {
    const plain = await sourceOf({ cloudInitNoCloud: { userData: '#cloud-config\n' } })
    expect(plain).toMatchObject({
      kind: 'seed',
      label: 'cidata',
      files: { 'user-data': '#cloud-config\n', 'meta-data': expect.stringContaining('"local-hostname":"demo"') },
    })
    const encoded = await sourceOf({
      cloudInitNoCloud: { userDataBase64: Buffer.from('#!/bin/sh').toString('base64'), networkData: 'version: 2' },
    })
    expect(encoded).toMatchObject({ files: { 'user-data': { base64: 'IyEvYmluL3No' }, 'network-config': 'version: 2' } })
  })

  it('of cloud-init may come from a secret, under either spelling', async () => {
    const secret = (name: string, key: string): Secret => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'default' },
      stringData: { [key]: `from ${key}` },
    })
    for (const key of ['userdata', 'userData']) {
      await api.client.resource<Secret>(secretDefinition).create(secret(key.toLowerCase() === key ? 'lower' : 'camel', key))
      expect(
        await sourceOf({ cloudInitNoCloud: { secretRef: { name: key.toLowerCase() === key ? 'lower' : 'camel' } } }),
      ).toMatchObject({ files: { 'user-data': { base64: Buffer.from(`from ${key}`).toString('base64') } } })
    }
  })
})

describe('a kernel', () => {
  const boot = (kernelPath: string) =>
    locate({
      volumes: [],
      domain: {
        devices: {},
        firmware: { kernelBoot: { kernelArgs: 'quiet', container: { image: 'sheaf.local/guest:latest', kernelPath } } },
      },
    })

  it('is a file of its image', async () => {
    expect(await boot('/boot/vmlinuz')).toMatchObject({
      kind: 'found',
      files: { kernel: { kernelPath: join(image, 'boot/vmlinuz'), commandLine: 'quiet' } },
    })
  })

  it('that is not there is refused by name', async () => {
    expect(await boot('/boot/none')).toMatchObject({
      kind: 'missing',
      refusal: { reason: 'ErrImagePull', message: expect.stringContaining('/boot/none') },
    })
  })
})
