import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { ImageRequest, ImageSight } from '@sheaf/qemu'
import { describe, expect, it } from 'vitest'
import { smallKinds, startTestApi } from '../../api-server.fixture.ts'
import { localImages } from '../../local-images.ts'
import { seeImages } from './image-sights.ts'
import { sampleInstance } from '../sample-instance.ts'

const api = await startTestApi(smallKinds)
const secrets = api.client.resource<Secret>(secretDefinition)
const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64')
const auths = { 'registry.example': { username: 'me', password: 'secret' } }

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]
type Disk = Omit<NonNullable<Volume['containerDisk']>, 'image'>

/** What the library is asked, and what comes of its answer. */
async function see(image: string, disk: Disk = {}, sight: ImageSight = { kind: 'there', folder: '/there' }) {
  const asked: (ImageRequest & { with: Awaited<ReturnType<ImageRequest['logins']>> })[] = []
  const images = localImages('/images', async () => undefined)
  images.look = async (request) => {
    asked.push({ ...request, with: await request.logins() })
    return sight
  }
  const instance = sampleInstance({
    metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { volumes: [{ name: 'root', containerDisk: { image, ...disk } }] },
  })
  const folders = await seeImages(instance, { ...api, images })
  return { asked: asked[0], folderOf: () => folders.folderOf(image) }
}

describe('an image is asked for', () => {
  it.each([
    ['a', undefined, 'always'],
    ['a:latest', undefined, 'always'],
    ['a:1', undefined, 'if-not-present'],
    [`a@sha256:${'0'.repeat(64)}`, undefined, 'if-not-present'],
    ['registry:5000/a', undefined, 'always'],
    ['NO NAME', undefined, 'if-not-present'],
    ['a:1', 'Always', 'always'],
    ['a', 'IfNotPresent', 'if-not-present'],
    ['a', 'Never', 'never'],
  ] as const)('IM2 by its policy, or by its tag where it has none: %s with %s', async (image, imagePullPolicy, policy) => {
    const { asked } = await see(image, imagePullPolicy === undefined ? {} : { imagePullPolicy })
    expect(asked).toMatchObject({ reference: image, policy, freshSinceMs: Date.parse('2026-01-01T00:00:00Z') })
  })

  it.each([
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': text({ auths }) }],
    ['kubernetes.io/dockercfg', { '.dockercfg': text(auths) }],
  ])('IM5 with the logins of its secret: %s', async (type, data) => {
    const name = type.split('/')[1] ?? ''
    await secrets.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, type, data })
    const { asked } = await see('a:1', { imagePullSecret: name })
    expect(asked?.with).toEqual([{ scope: 'registry.example', username: 'me', password: 'secret' }])
  })

  it.each([
    ['absent', undefined, /secret "absent" for pulling images not found in namespace "default"/],
    [
      'opaque',
      { password: 'eA==' },
      /secret "opaque" is of type Opaque; logins to registries are of type kubernetes.io\/dockerconfigjson/,
    ],
    ['broken', { '.dockerconfigjson': text(['secret']) }, /secret "broken" cannot be read: it has no "auths"/],
  ])('IM5 and says what is wrong with its secret: %s', async (name, data, message) => {
    if (data !== undefined)
      await secrets.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, data })
    const { folderOf } = await see('a:1', { imagePullSecret: name })
    expect(folderOf).toThrow(message)
    expect(folderOf).toThrow(expect.objectContaining({ refusal: expect.objectContaining({ reason: 'SecretNotFound' }) }))
  })
})
