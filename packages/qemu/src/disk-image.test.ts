import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmpty, createOverlay, imageInfo } from './disk-image.ts'
import { findProgram } from './find-program.ts'

const isThere = (await findProgram('qemu-img')) !== undefined

describe.skipIf(!isThere)('qemu-img (skipped where it is missing)', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-images-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('makes an empty image and an overlay over it, and tells of both', async () => {
    const base = join(folder, 'base, with comma.qcow2')
    const overlay = join(folder, 'overlay.qcow2')
    await createEmpty(base, 10 * 1024 * 1024)
    await createOverlay(overlay, { file: base, format: 'qcow2' })
    expect(await imageInfo(base)).toMatchObject({ format: 'qcow2', virtualSizeBytes: 10 * 1024 * 1024 })
    expect(await imageInfo(overlay)).toMatchObject({ format: 'qcow2', virtualSizeBytes: 10 * 1024 * 1024, backingFile: base })
    expect((await readdir(folder)).toSorted()).toEqual(['base, with comma.qcow2', 'overlay.qcow2'])
  })

  it("refuses a missing backing file with qemu-img's own words, and leaves nothing half made", async () => {
    const refusal = createOverlay(join(folder, 'overlay.qcow2'), { file: '/images/none.qcow2', format: 'qcow2' })
    await expect(refusal).rejects.toMatchObject({ name: 'LaunchRefused', reason: 'ImageNotFound' })
    await expect(refusal).rejects.toThrow(/overlay\.qcow2: .*Could not open '\/images\/none\.qcow2'/)
    expect(await readdir(folder)).toEqual([])
  })

  it('takes a backing file of another format than the one promised for a wrong plan', async () => {
    const base = join(folder, 'base.raw')
    await writeFile(base, 'this is no qcow2 image')
    const refusal = createOverlay(join(folder, 'overlay.qcow2'), { file: base, format: 'qcow2' })
    await expect(refusal).rejects.toMatchObject({ reason: 'InvalidPlan' })
    await expect(refusal).rejects.toThrow(/not in qcow2 format/)
  })

  it('says that the disk is full, and what to do', async () => {
    const full = join(folder, 'qemu-img')
    await writeFile(full, '#!/bin/sh\necho "qemu-img: a: Could not resize image: No space left on device" >&2\nexit 1\n')
    await chmod(full, 0o755)
    const refusal = createEmpty(join(folder, 'a.qcow2'), 1024, full)
    await expect(refusal).rejects.toMatchObject({ reason: 'NoSpace' })
    await expect(refusal).rejects.toThrow(/No space left on device\. Free some room/)
  })

  it('is not let go on for ever, nor take all memory', async () => {
    const greedy = join(folder, 'qemu-img')
    await writeFile(greedy, '#!/bin/sh\nulimit -t\nulimit -v\nexit 1\n')
    await chmod(greedy, 0o755)
    await expect(createEmpty(join(folder, 'a.qcow2'), 1024, greedy)).rejects.toMatchObject({
      cause: { stdout: '30\n1048576\n' },
    })
  })

  it('says that qemu-img is not installed', async () => {
    await expect(createEmpty(join(folder, 'a.qcow2'), 1024, '/nowhere/qemu-img')).rejects.toMatchObject({ reason: 'QemuMissing' })
  })
})
