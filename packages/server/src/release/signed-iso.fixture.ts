// Small ISOs that xorriso makes: what makes a release a release is the same in a large one.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifestText } from './manifest.ts'
import { metadataText, type ReleaseMetadata } from './metadata.ts'
import { type generateKeys, readSecretKey, signatureText } from './minisign.ts'

export const sampleMetadata: ReleaseMetadata = {
  version: '1.1.0',
  releaseDate: '2027-01-01T00:00:00.000Z',
  minUpgradableVersion: '1.0.0',
  knownRisks: [{ id: 'R1', summary: 'disks', mend: 'Look.' }],
  migrations: ['running-to-run-strategy'],
  notes: { en: 'New things.', zh: '新功能。' },
  payload: { path: 'payload.tar.zst', unpackedBytes: 10, unpackedFiles: 1 },
}

export const samplePayload = 'p'.repeat(100_000)

export interface SignedIso {
  keys: ReturnType<typeof generateKeys>
  description?: string
  /** What somebody does to the files after they were signed; `undefined` takes one away. */
  change?: Readonly<Record<string, string | undefined>>
}

/** Makes it where `iso` says. */
export function makeSignedIso(iso: string, { keys, description = metadataText(sampleMetadata), change = {} }: SignedIso): string {
  const tree = mkdtempSync(`${iso}.tree-`)
  const files = { 'release.yaml': description, 'payload.tar.zst': samplePayload, "it's here.txt": 'a quote' }
  const manifest = manifestText(
    Object.entries(files).map(([path, text]) => ({
      path,
      sizeBytes: Buffer.byteLength(text),
      sha512: createHash('sha512').update(text).digest('hex'),
    })),
  )
  const signature = signatureText(Buffer.from(manifest), readSecretKey(keys.secretFile), 'sheaf release 1.1.0')
  for (const [path, text] of Object.entries({ ...files, manifest, 'manifest.minisig': signature, ...change }))
    if (text !== undefined) writeFileSync(join(tree, path), text)
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-J', '-r', '-V', 'SHEAF_RELEASE', '-o', iso, tree], { stdio: 'ignore' })
  rmSync(tree, { recursive: true })
  return iso
}
