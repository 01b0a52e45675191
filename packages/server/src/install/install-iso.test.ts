// Out of a small ISO that is made here, with a program that does nothing.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { create } from 'tar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metadataText } from '../release/metadata.ts'
import { generateKeys, readPublicKey } from '../release/minisign.ts'
import { makeSmallRelease } from '../release/small-release.fixture.ts'
import { verifyRelease } from '../release/verify-release.ts'
import { readSlots } from '../supervisor/slots.ts'
import { install, type Installation, InstallRefused } from './install.ts'

const keys = generateKeys()
const trusted = [readPublicKey(keys.publicFile)]
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-install-iso-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function isoOf(version: string): string {
  const [program, tar] = ['program', 'tar'].map((name) => join(folder, `${name}-${version}`)) as [string, string]
  for (const path of [join(program, 'bin'), join(program, 'dist')]) mkdirSync(path, { recursive: true })
  const files = ['bin/node', 'bin/sheaf', 'dist/supervisor.mjs']
  for (const path of files) writeFileSync(join(program, path), `${path} of ${version}`, { mode: 0o755 })
  create({ cwd: program, file: tar, sync: true, portable: true }, files)
  const content = {
    'payload.tar.zst': zstdCompressSync(readFileSync(tar)),
    'release.yaml': Buffer.from(
      metadataText({
        version,
        releaseDate: '2027-01-01T00:00:00Z',
        knownRisks: [],
        migrations: [],
        notes: { en: 'New.', zh: '新。' },
        payload: { path: 'payload.tar.zst', unpackedBytes: 1_000, unpackedFiles: 3 },
      }),
    ),
  }
  return makeSmallRelease({ iso: join(folder, `${version}.iso`), files: content, secretKey: keys.secretFile })
}

async function installationOf(version: string): Promise<Installation> {
  const path = isoOf(version)
  const source = { kind: 'iso', path, release: await verifyRelease(path, { trusted }) } as const
  const places = { prefix: join(folder, 'opt'), dataFolder: join(folder, 'data'), port: 6443 }
  return { ...places, source, trusted, allowsDowngrade: false, now: new Date(0) }
}

test('UP5 a release out of a verified ISO becomes the slot that runs, with its supervisor and the key beside it', async () => {
  const installation = await installationOf('1.0.0')
  const { prefix } = installation
  expect(await install(installation)).toEqual({ version: '1.0.0', kind: 'first' })
  expect(readSlots(prefix)).toEqual({ current: '1.0.0' })
  expect(readFileSync(join(prefix, 'releases', '1.0.0', 'bin', 'sheaf'), 'utf8')).toBe('bin/sheaf of 1.0.0')
  expect(readFileSync(join(prefix, 'supervisor', 'supervisor.mjs'), 'utf8')).toBe('dist/supervisor.mjs of 1.0.0')
  expect(statSync(join(prefix, 'supervisor', 'node')).mode & 0o111).not.toBe(0)
  expect(readFileSync(join(prefix, 'trust', `${keys.id}.pub`), 'utf8')).toBe(keys.publicFile)

  rmSync(join(prefix, 'releases', '1.0.0', 'bin', 'node'))
  expect(await install(installation)).toEqual({ version: '1.0.0', kind: 'repair' })
  expect(existsSync(join(prefix, 'releases', '1.0.0', 'bin', 'node'))).toBe(true)

  writeFileSync(join(prefix, 'slots.json'), '{')
  await install(installation)
  expect(readSlots(prefix)).toEqual({ current: '1.0.0' })
})

test('UP5 a newer one takes its place and the one before stays; an older one is refused and leaves nothing', async () => {
  const { prefix } = await installationOf('1.1.0')
  expect(await install(await installationOf('1.1.0'))).toEqual({ version: '1.1.0', kind: 'replace' })
  expect(readSlots(prefix)).toEqual({ current: '1.1.0', previous: '1.0.0' })
  await expect(install(await installationOf('0.9.0'))).rejects.toThrow(InstallRefused)
  expect(readdirSync(join(prefix, 'releases'))).toEqual(['1.0.0', '1.1.0'])
})
