import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { diskFormatOf, readDiskFormat } from './disk-format.ts'

const folder = mkdtempSync(join(tmpdir(), 'sheaf-format-'))
afterAll(() => rmSync(folder, { recursive: true }))

function made(name: string, ...options: string[]): string {
  const path = join(folder, name)
  execFileSync('qemu-img', ['create', '-q', ...options, path, '1M'])
  return path
}

describe('a disk', () => {
  const base = made('base.img', '-f', 'raw')

  it.each([
    ['raw', base],
    ['qcow2', made('plain.img', '-f', 'qcow2')],
    ['qcow2', made('old.raw', '-f', 'qcow2', '-o', 'compat=0.10')],
    ['qcow2', made('packed', '-f', 'qcow2', '-o', 'compression_type=zstd,extended_l2=on')],
  ])('IM6 is %s by its bytes, whatever it is called: %s', async (format, path) => {
    expect(await readDiskFormat(path)).toBe(format)
  })

  it.each([
    ['names a backing file', made('overlay.qcow2', '-f', 'qcow2', '-b', base, '-F', 'raw'), /names a backing file.*flatten it/],
    ['keeps its data elsewhere', made('external', '-f', 'qcow2', '-o', `data_file=${folder}/data`), /data in another file/],
    [
      'is encrypted',
      made(
        'secret',
        '--object',
        'secret,id=s,data=x',
        '-f',
        'qcow2',
        '-o',
        'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10',
      ),
      /encrypted/,
    ],
    ['is of another format', made('disk.vmdk', '-f', 'vmdk'), /is a VMDK file; a disk is raw or qcow2/],
    ['is of another format', made('disk.vdi', '-f', 'vdi'), /is a VDI file/],
    ['is of another format', made('disk.vhdx', '-f', 'vhdx'), /is a VHDX file/],
  ])('IM6 that %s is refused', async (_what, path, message) => {
    await expect(readDiskFormat(path)).rejects.toThrow(message)
  })

  it('that only begins like a qcow2 is refused', () => {
    const header = Buffer.alloc(512)
    header.write('QFI\xfb', 'latin1')
    expect(() => diskFormatOf(header)).toThrow(/no version of it/)
    expect(() => diskFormatOf(header.subarray(0, 20))).toThrow(/no version of it/)
    header.writeUInt32BE(3, 4)
    header.writeBigUInt64BE(1n << 40n, 72)
    expect(() => diskFormatOf(header)).toThrow(/features of qcow2/)
  })

  it('that is empty or short is raw', async () => {
    writeFileSync(join(folder, 'empty'), '')
    expect(await readDiskFormat(join(folder, 'empty'))).toBe('raw')
  })
})
