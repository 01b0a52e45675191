// Two releases of this tree as ISOs, and the key that they are signed with.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run, sheafProgram } from './server-process.ts'

export const [installedVersion, nextVersion] = ['9.0.0', '9.1.0']

export interface Releases {
  installed: string
  next: string
  publicKey: string
  secretKey: string
}

/** What is in the folder already is not built again. */
export async function buildReleases(folder: string): Promise<Releases> {
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
