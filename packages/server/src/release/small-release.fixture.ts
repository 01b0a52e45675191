// Small ISOs of releases, made at once: what makes a release a release is the same in a large one.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { manifestText } from './manifest.ts'
import { readSecretKey, signatureText } from './minisign.ts'

export type ReleaseFiles = Readonly<Record<string, string | Uint8Array>>

export interface SmallRelease {
  /** Where the ISO is to be. */
  iso: string
  files: ReleaseFiles
  /** The text of the key file. */
  secretKey: string
  /** What somebody does to the files after they were signed; `undefined` takes one away. */
  change?: Readonly<Record<string, string | undefined>>
}

export function makeSmallRelease({ iso, files, secretKey, change = {} }: SmallRelease): string {
  const manifest = manifestText(
    Object.entries(files).map(([path, content]) => ({
      path,
      sizeBytes: Buffer.byteLength(content),
      sha512: createHash('sha512').update(content).digest('hex'),
    })),
  )
  const signature = signatureText(Buffer.from(manifest), readSecretKey(secretKey), 'sheaf release')
  const tree = `${iso}.tree`
  mkdirSync(tree)
  for (const [path, content] of Object.entries({ ...files, manifest, 'manifest.minisig': signature, ...change }))
    if (content !== undefined) writeFileSync(`${tree}/${path}`, content)
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-J', '-r', '-V', 'SHEAF_RELEASE', '-o', iso, tree], { stdio: 'ignore' })
  rmSync(tree, { recursive: true })
  return iso
}
