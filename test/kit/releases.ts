// Two releases of this tree as ISOs, built once for all end-to-end tests of a run.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { run, sheafProgram } from './server-process.ts'

export const [installedVersion, nextVersion] = ['9.0.0', '9.1.0']

export interface Releases {
  installed: string
  next: string
  publicKey: string
  secretKey: string
}

/** Building one packs a hundred megabytes. */
export const buildMs = 240_000

export async function ensureReleases(): Promise<Releases> {
  const folder = inject('releases')
  const isoOf = (version: string): string => join(folder, `${version}.iso`)
  const keys = join(folder, 'keys')
  const key = join(keys, 'release.key')
  if (!existsSync(key)) await mustRun('release', 'keygen', '--out', keys)
  for (const version of [installedVersion, nextVersion])
    if (!existsSync(isoOf(version)))
      await mustRun('release', 'build', '--version', version, '--key', key, '--out', isoOf(version))
  return {
    installed: isoOf(installedVersion),
    next: isoOf(nextVersion),
    publicKey: join(keys, 'release.pub'),
    secretKey: key,
  }
}

async function mustRun(...words: string[]): Promise<void> {
  const { code, stderr, stdout } = await run(sheafProgram, words)
  if (code !== 0) throw new Error(`sheaf ${words.join(' ')}: ${stderr}${stdout}`)
}

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for them that goes when all tests are through. */
    releases: string
  }
}
