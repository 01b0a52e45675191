import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findProgram } from './find-program.ts'
import { buildSeedIso } from './seed-iso.ts'

const sector = 2048
const hasXorriso = (await findProgram('xorriso')) !== undefined
const hasBlkid = (await findProgram('blkid')) !== undefined

/** Reads a volume back by the standard, on its own: the tree of the descriptor of this type. */
function readBack(volume: Buffer, type: 1 | 2): { label: string; files: Record<string, string> } {
  const descriptor = [16, 17, 18].map((at) => volume.subarray(at * sector, (at + 1) * sector)).find((each) => each[0] === type)
  if (descriptor === undefined) throw new Error(`no descriptor of type ${type}`)
  const decode = (bytes: Buffer): string =>
    type === 1 ? bytes.toString('latin1') : Buffer.from(bytes).swap16().toString('utf16le')
  expect(descriptor.toString('latin1', 1, 6)).toBe('CD001')
  expect(descriptor.readUInt32LE(80)).toBe(volume.length / sector)
  expect(descriptor.readUInt32BE(84)).toBe(volume.length / sector)
  const root = descriptor.subarray(156, 190)
  const folder = volume.subarray(root.readUInt32LE(2) * sector, root.readUInt32LE(2) * sector + root.readUInt32LE(10))
  const files: Record<string, string> = {}
  for (let offset = 0; offset < folder.length; ) {
    const length = folder[offset] ?? 0
    if (length === 0) {
      offset = (Math.floor(offset / sector) + 1) * sector
      continue
    }
    const record = folder.subarray(offset, offset + length)
    const identifier = record.subarray(33, 33 + (record[32] ?? 0))
    const start = record.readUInt32LE(2) * sector
    if (((record[25] ?? 0) & 2) === 0) files[decode(identifier)] = volume.toString('utf8', start, start + record.readUInt32LE(10))
    offset += length
  }
  return { label: decode(descriptor.subarray(40, 72)).trim(), files }
}

const cloudInit = { 'meta-data': 'instance-id: db1\n', 'user-data': '#cloud-config\nname: Zoë\n', 'network-config': '' }

describe('the seed volume', () => {
  it('is read back with its label and every file under its own name', () => {
    expect(readBack(buildSeedIso('cidata', cloudInit), 2)).toEqual({ label: 'cidata', files: cloudInit })
  })

  it('has short capital names for readers that know no others', () => {
    const { label, files } = readBack(buildSeedIso('cidata', cloudInit), 1)
    expect(label).toBe('CIDATA')
    expect(Object.keys(files)).toEqual(['META_000.;1', 'NETWO001.;1', 'USER_002.;1'])
  })

  it('holds many files, whose records fill more than one sector, and large ones', () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`a-rather-long-file-name-${index}.yaml`, 'x'.repeat(index * 100)]),
    )
    expect(readBack(buildSeedIso('cidata', many), 2).files).toEqual(many)
    expect(Object.values(readBack(buildSeedIso('cidata', many), 1).files)).toHaveLength(100)
  })

  it('is the same for the same files', () => {
    expect(buildSeedIso('cidata', cloudInit)).toEqual(buildSeedIso('cidata', { ...cloudInit }))
  })

  it('is refused for names and labels that it cannot hold', () => {
    expect(() => buildSeedIso('cidata', { 'a/b': '' })).toThrow(/file name "a\/b"/)
    expect(() => buildSeedIso('cidata', { ['n'.repeat(65)]: '' })).toThrow(/1 to 64 characters/)
    expect(() => buildSeedIso('much too long a label', {})).toThrow(/label/)
    expect(() => buildSeedIso('cidata', { a: 'x'.repeat(17 * 1024 * 1024) })).toThrow(/holds 16777216 bytes at most/)
  })

  it.skipIf(!hasXorriso)('is read by xorriso (skipped where it is missing)', async () => {
    expect(
      inFile((path) =>
        execFileSync('xorriso', ['-read_fs', 'norock', '-indev', path, '-find', '/'], {
          stdio: ['ignore', 'pipe', 'ignore'],
        }).toString(),
      ),
    ).toContain("'/user-data'")
  })

  it.skipIf(!hasBlkid)('has a label that blkid finds (skipped where it is missing)', async () => {
    const found = inFile((path) => execFileSync('blkid', ['-p', '-o', 'export', path]).toString())
    expect(found).toContain('LABEL=cidata')
    expect(found).toContain('TYPE=iso9660')
  })
})

function inFile<T>(look: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-seed-'))
  try {
    const path = join(folder, 'seed.iso')
    writeFileSync(path, buildSeedIso('cidata', cloudInit))
    return look(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
