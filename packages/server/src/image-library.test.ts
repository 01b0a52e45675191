import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ImageRequest } from '@sheaf/qemu'
import { findLocalImage, openImageLibrary } from './image-library.ts'
import { wallClock } from './world.ts'

const root = mkdtempSync(join(tmpdir(), 'sheaf-images-'))
const images = join(root, 'images')
for (const path of ['sheaf.local/guest/latest', 'sheaf.local/guest/v1.2', 'registry.example_5000/a/b/latest'])
  mkdirSync(join(images, path), { recursive: true })
mkdirSync(join(root, 'secret', 'latest'), { recursive: true })
writeFileSync(join(images, 'sheaf.local', 'guest', 'file'), '')
afterAll(() => rmSync(root, { recursive: true }))

describe("a folder of one's own", () => {
  it('finds a reference by its repository and tag, `latest` when it names none', async () => {
    expect(await findLocalImage(images, 'sheaf.local/guest:latest')).toBe(join(images, 'sheaf.local/guest/latest'))
    expect(await findLocalImage(images, 'sheaf.local/guest')).toBe(join(images, 'sheaf.local/guest/latest'))
    expect(await findLocalImage(images, 'sheaf.local/guest:v1.2')).toBe(join(images, 'sheaf.local/guest/v1.2'))
  })

  it.each(['sheaf.local/other', 'sheaf.local/guest:none', 'sheaf.local/guest:file', ''])(
    'does not find %j',
    async (reference) => {
      expect(await findLocalImage(images, reference)).toBeUndefined()
    },
  )

  it.each([
    '../secret',
    '../secret:latest',
    'sheaf.local/../../secret',
    '/secret',
    'a/../../secret:latest',
    'sheaf.local/guest:../latest',
    'a//b',
    'A/b',
  ])('never leaves its folder for %j', async (reference) => {
    expect(await findLocalImage(images, reference)).toBeUndefined()
  })
})

describe('the image library', () => {
  const request = (reference: string, policy: ImageRequest['policy']): ImageRequest => ({
    reference,
    policy,
    freshSinceMs: Date.now(),
    logins: () => Promise.reject(new Error('nobody is to be asked')),
  })

  it("IM1 takes folders of one's own before anything else, and asks nobody for what is called sheaf.local", async () => {
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const folder = { images, pulledImages: join(root, 'pulled') }
    const registries = { insecureHosts: [], mirrors: {} }
    const vmImages = { sight: async () => undefined, onChange: () => ({ close: () => {} }) }
    const library = await openImageLibrary({ folder, vmImages, registries, clock: wallClock, log })
    const guest = join(images, 'sheaf.local/guest/latest')
    expect(await library.look(request('sheaf.local/guest:latest', 'always'))).toEqual({ kind: 'there', folder: guest })
    expect(await library.look(request('sheaf.local/none', 'always'))).toEqual({ kind: 'notLocal' })
    expect(await library.look(request('registry.example/none:1', 'never'))).toEqual({ kind: 'neverPulled' })
    await expect(library.look(request('registry.example/none:1', 'if-not-present'))).rejects.toThrow('nobody is to be asked')
    await library.close()
  })
})
