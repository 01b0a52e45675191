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
  const files: Record<string, string> = {}
  const readFolder = (record: Buffer, path: string): void => {
    const folder = volume.subarray(record.readUInt32LE(2) * sector, record.readUInt32LE(2) * sector + record.readUInt32LE(10))
    for (let offset = 0; offset < folder.length; ) {
      const length = folder[offset] ?? 0
      if (length === 0) {
        offset = (Math.floor(offset / sector) + 1) * sector
        continue
      }
      const entry = folder.subarray(offset, offset + length)
      offset += length
      const identifier = entry.subarray(33, 33 + (entry[32] ?? 0))
      if (identifier.length === 1 && (identifier[0] ?? 2) < 2) continue
      const start = entry.readUInt32LE(2) * sector
      if (((entry[25] ?? 0) & 2) !== 0) readFolder(entry, `${path}${decode(identifier)}/`)
      else files[path + decode(identifier)] = volume.toString('utf8', start, start + entry.readUInt32LE(10))
    }
  }
  readFolder(descriptor.subarray(156, 190), '')
  return { label: decode(descriptor.subarray(40, 72)).trim(), files }
}

const cloudInit = { 'meta-data': 'instance-id: db1\n', 'user-data': '#cloud-config\nname: Zoë\n', 'network-config': '' }

describe('the seed volume', () => {
  it('is read back with its label and every file under its own name', () => {
    expect(readBack(buildSeedIso('cidata', cloudInit), 2)).toEqual({ label: 'cidata', files: cloudInit })
  })

  it('has short capital names for readers that know no others', () => {
    const { label, files } = readBack(buildSeedIso('cidata', cloudInit), 1)
    expect(label).toBe('cidata')
    expect(Object.keys(files)).toEqual(['META_000.;1', 'NETWO001.;1', 'USER_002.;1'])
  })

  it('holds many files, whose records fill more than one sector, and large ones', () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`a-rather-long-file-name-${index}.yaml`, 'x'.repeat(index * 100)]),
    )
    expect(readBack(buildSeedIso('cidata', many), 2).files).toEqual(many)
    expect(Object.values(readBack(buildSeedIso('cidata', many), 1).files)).toHaveLength(100)
  })

  it('holds folders in folders, and names that are too long for some of its readers', () => {
    const long = `${'n'.repeat(150)}.yaml`
    const files = {
      'openstack/latest/meta_data.json': '{}',
      'openstack/latest/user_data': '',
      'a/b/c/d/e/f/g/deep': 'x',
      [long]: '1',
    }
    const { [long]: _, ...short } = files
    expect(readBack(buildSeedIso('config-2', files), 2)).toEqual({
      label: 'config-2',
      files: { ...short, [`${'n'.repeat(60)}~001`]: '1' },
    })
    expect(Object.values(readBack(buildSeedIso('config-2', files), 1).files).toSorted()).toEqual(['', '1', 'x', '{}'])
  })

  it('holds bytes as they are', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
    const volume = buildSeedIso('cfgdata', { bytes: { base64: bytes.toString('base64') } })
    expect(volume.includes(bytes)).toBe(true)
  })

  it('is the same for the same files', () => {
    expect(buildSeedIso('cidata', cloudInit)).toEqual(buildSeedIso('cidata', { ...cloudInit }))
  })

  it('is refused for names and labels that it cannot hold', () => {
    const refused = (files: Record<string, string>, message: RegExp) =>
      expect(() => buildSeedIso('cidata', files)).toThrow(message)
    for (const path of ['a//b', '/a', '../a', 'a/..', 'a:b', ''])
      refused({ [path]: '' }, /the file name .* must consist of names/)
    refused({ ['n'.repeat(161)]: '' }, /1 to 160 bytes/)
    refused({ 'a/b/c/d/e/f/g/h/i': '' }, /lies in too many folders: 7 are possible/)
    refused({ a: '', 'a/b': '' }, /"a" is a folder's as well/)
    refused({ a: 'x'.repeat(17 * 1024 * 1024) }, /holds 16777216 bytes at most/)
    refused(Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`f${index}`, ''])), /has 1001 entries; 1000 are/)
    expect(() => buildSeedIso('l'.repeat(33), {})).toThrow(/label/)
    expect(() => buildSeedIso('', {})).toThrow(/label/)
  })

  it.skipIf(!hasXorriso)('is read by xorriso, by its Rock Ridge and by its Joliet names (skipped where it is missing)', () => {
    const files = { 'openstack/latest/user_data': 'u', [`${'n'.repeat(90)}.yaml`]: 'n', 'a/binary': { base64: '/wA=' } }
    const found = (tree: string) =>
      inFile(buildSeedIso('config-2', files), (path) =>
        execFileSync(
          'xorriso',
          ['-abort_on', 'SORRY', '-read_fs', tree, '-indev', path, '-find', '/', '-type', 'f', '-exec', 'lsdl'],
          {
            stdio: ['ignore', 'pipe', 'ignore'],
          },
        ).toString(),
      )
    const rockRidge = found('any')
    expect(rockRidge).toMatch(/^-r--r--r-- .* 1 .*'\/openstack\/latest\/user_data'$/m)
    expect(rockRidge).toMatch(/^-r--r--r-- .* 2 .*'\/a\/binary'$/m)
    expect(rockRidge).toContain(`'/${'n'.repeat(90)}.yaml'`)
    expect(found('norock')).toContain("'/openstack/latest/user_data'")
  })

  it.skipIf(!hasBlkid)('has a label that blkid finds (skipped where it is missing)', async () => {
    const found = inFile(buildSeedIso('cidata', cloudInit), (path) =>
      execFileSync('blkid', ['-p', '-o', 'export', path]).toString(),
    )
    expect(found).toContain('LABEL=cidata')
    expect(found).toContain('TYPE=iso9660')
  })
})

function inFile<T>(volume: Buffer, look: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-seed-'))
  try {
    const path = join(folder, 'seed.iso')
    writeFileSync(path, volume)
    return look(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
