import { execFileSync } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findProgram } from './find-program.ts'
import type { Hypervisor } from './hypervisor.ts'
import type { Disk } from './launch-plan.ts'
import { readEvents } from './state-folder.ts'
import { openQemuRig, type QemuRig } from './testing/qemu-rig.ts'

const qemuImg = 'qemu-img'
const isQemuThere = (await findProgram('qemu-system-x86_64')) !== undefined && (await findProgram(qemuImg)) !== undefined

const offsetMask = 0x00ff_ffff_ffff_fe00n
/** Of a compressed cluster of 64 KiB. */
const compressedOffsetMask = (1n << 54n) - 1n

/** An image whose first cluster is compressed and cannot be unpacked: reading it is an error, and everything else is well. */
async function damagedImage(path: string): Promise<void> {
  await writeFile(`${path}.raw`, Buffer.alloc(1024 * 1024, 'something to compress '))
  execFileSync(qemuImg, ['convert', '-c', '-f', 'raw', '-O', 'qcow2', `${path}.raw`, path])
  await using file = await open(path, 'r+')
  const read = async (at: bigint): Promise<bigint> =>
    (await file.read(Buffer.alloc(8), 0, 8, Number(at))).buffer.readBigUInt64BE()
  const tables = await read(await read(40n))
  const cluster = await read(tables & offsetMask)
  await file.write(Buffer.alloc(64, 0xff), 0, 64, Number(cluster & compressedOffsetMask))
}

describe.skipIf(!isQemuThere)('a disk that fails (skipped where QEMU is missing)', { timeout: 60_000 }, () => {
  let rig: QemuRig
  let hypervisor: Hypervisor
  let disk: Disk

  beforeEach(async () => {
    rig = await openQemuRig()
    hypervisor = await rig.open()
    const path = join(rig.root, 'damaged.qcow2')
    await damagedImage(path)
    const source = { kind: 'file', path, format: 'qcow2' } as const
    disk = { name: 'data', device: 'disk', bus: 'virtio', readOnly: false, bootOrder: 1, onError: 'stop', source }
  })
  afterEach(async () => {
    await hypervisor.release()
    await rig[Symbol.asyncDispose]()
  })

  const stateOf = async (id: string) => (await hypervisor.find(id))?.state
  const paused = { kind: 'running', paused: true, failedDisks: [{ name: 'data', isFull: false }] }

  it.each(['virtio', 'scsi', 'sata', 'usb'] as const)('on %s pauses the machine, which tells which disk it was', async (bus) => {
    await hypervisor.launch(rig.plan('one', { disks: [{ ...disk, bus }] }))
    await expect.poll(() => stateOf('one'), { timeout: 20_000 }).toMatchObject(paused)
  })

  it('is told again after a restart of whoever looks, and tried again when the machine is resumed', async () => {
    await hypervisor.launch(rig.plan('one', { disks: [disk] }))
    await expect.poll(() => stateOf('one'), { timeout: 20_000 }).toMatchObject(paused)
    await hypervisor.release()
    hypervisor = await rig.open()
    expect(await stateOf('one')).toMatchObject(paused)
    await hypervisor.resume('one')
    await expect.poll(() => stateOf('one'), { timeout: 20_000 }).toMatchObject(paused)
    await hypervisor.kill('one')
  })

  it('is the guest’s to deal with when the plan says so', async () => {
    const machine = await hypervisor.launch(rig.plan('one', { disks: [{ ...disk, onError: 'report' }] }))
    const told = async () => (await readEvents(dirname(machine.serialLogPath))).map(({ name }) => name)
    await expect.poll(told, { timeout: 20_000 }).toContain('BLOCK_IO_ERROR')
    expect(await stateOf('one')).toMatchObject({ kind: 'running', paused: false })
  })
})
