import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareFiles } from './prepare-launch.ts'
import { samplePlan } from './testing/sample-plan.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-prepare-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Prepares one disk that is a file of its own. */
async function prepare(path: string, createBytes: number): Promise<void> {
  const source = { kind: 'file', path, format: 'raw', createBytes } as const
  const disks = [{ name: 'data', device: 'disk', bus: 'virtio', readOnly: false, source }] as const
  await prepareFiles(samplePlan('one', { disks }), { folder, kept: undefined }, { qemu: 'none', qemuImg: 'none', swtpm: 'none' })
}

describe('a file that is to be a disk', () => {
  it('is made where it is not there, takes no room yet, and is its owner’s alone', async () => {
    const path = join(folder, 'data.img')
    await prepare(path, 1024 * 1024 * 1024)
    const { blocks, mode, size } = await stat(path)
    expect(size).toBe(1024 * 1024 * 1024)
    expect(blocks).toBe(0)
    expect(mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['data.img'])
  })

  it('stays as it is where it is there', async () => {
    const path = join(folder, 'data.img')
    await writeFile(path, 'mine')
    await prepare(path, 1024)
    expect(await readFile(path, 'utf8')).toBe('mine')
  })
})
