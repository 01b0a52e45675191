import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findLocalImage } from './image-library.ts'

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
