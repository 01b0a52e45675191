import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { zstdCompressSync } from 'node:zlib'
import { create } from 'tar'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManifestFile } from './manifest.ts'
import { parseMetadata, type ReleaseMetadata } from './metadata.ts'
import { PayloadRefused, unpackPayload } from './unpack-payload.ts'

let folder: string
let archive: Buffer
let linked: Buffer
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-payload-'))
  const program = join(folder, 'program')
  mkdirSync(join(program, 'bin'), { recursive: true })
  writeFileSync(join(program, 'bin', 'sheaf'), '#!/bin/sh\n', { mode: 0o755 })
  archive = pack(program, ['bin/sheaf'])
  symlinkSync('/etc', join(program, 'out'))
  linked = pack(program, ['bin/sheaf', 'out'])
})
afterAll(() => rmSync(folder, { recursive: true }))

function pack(cwd: string, files: string[]): Buffer {
  const file = join(folder, 'archive.tar')
  create({ cwd, file, sync: true, portable: true }, files)
  return zstdCompressSync(readFileSync(file))
}

const listedAs = (bytes: Buffer): ManifestFile => ({
  path: 'payload.tar.zst',
  sizeBytes: bytes.length,
  sha512: createHash('sha512').update(bytes).digest('hex'),
})

const metadata: ReleaseMetadata = {
  version: '1.1.0',
  releaseDate: '2027-01-01T00:00:00Z',
  knownRisks: [],
  migrations: [],
  notes: { en: 'a', zh: 'b' },
  payload: { path: 'payload.tar.zst', unpackedBytes: 1000, unpackedFiles: 1 },
}

const unpack = (arrives: Buffer, listed: ManifestFile, slot: string): Promise<void> =>
  unpackPayload({ archive: Readable.from([arrives.subarray(0, 20), arrives.subarray(20)]), listed, metadata, folder: slot })

describe('RE5 a slot', () => {
  it('holds the program and what the release says of itself', async () => {
    const slot = join(folder, 'releases', '1.1.0')
    await unpack(archive, listedAs(archive), slot)
    expect(statSync(join(slot, 'bin', 'sheaf')).mode & 0o777).toBe(0o755)
    expect(parseMetadata(readFileSync(join(slot, 'release.yaml'), 'utf8'))).toEqual(metadata)
  })

  it('that was there is replaced', async () => {
    const slot = join(folder, 'releases', '1.1.1')
    mkdirSync(slot, { recursive: true })
    writeFileSync(join(slot, 'old'), '')
    await unpack(archive, listedAs(archive), slot)
    expect(readdirSync(slot).toSorted()).toEqual(['bin', 'release.yaml'])
  })

  it.each<[string, (whole: Buffer) => [Buffer, ManifestFile], string]>([
    ['ends early', (whole) => [whole.subarray(0, -5), listedAs(whole)], 'ended after'],
    ['is longer', (whole) => [Buffer.concat([whole, whole]), listedAs(whole)], 'is longer than'],
    ['is another', (whole) => [whole, { ...listedAs(whole), sha512: 'a'.repeat(128) }], 'not the one that was signed'],
    ['holds a link', () => [linked, listedAs(linked)], 'something else than files'],
  ])('is not there when what arrives %s', async (_, make, words) => {
    const slot = join(folder, 'releases', '2.0.0')
    const [arrives, listed] = make(archive)
    const refusal = await unpack(arrives, listed, slot).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(PayloadRefused)
    expect(String(refusal)).toContain(words)
    expect(existsSync(slot)).toBe(false)
    expect(existsSync(`${slot}.partial`)).toBe(false)
  })
})
