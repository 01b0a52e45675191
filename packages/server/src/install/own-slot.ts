// The program that runs, as a slot: how a checkout becomes an installed release, without being packed into an ISO.

import { chmod, copyFile, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { metadataText, type ReleaseMetadata } from '../release/metadata.ts'
import { ownVersion, programRoot } from '../release/own-release.ts'
import { moveIntoPlace } from '../release/unpack-payload.ts'
import { metadataPath } from '../release/verify-release.ts'

/** Does nothing when it runs from there. */
export async function copyOwnRelease(folder: string, now: Date): Promise<void> {
  const root = programRoot()
  if (root === folder) return
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  try {
    await mkdir(join(partial, 'bin'), { recursive: true })
    await copyFile(process.execPath, join(partial, 'bin', 'node'))
    await copyFile(join(root, 'bin', 'sheaf'), join(partial, 'bin', 'sheaf'))
    for (const program of ['node', 'sheaf']) await chmod(join(partial, 'bin', program), 0o755)
    await cp(join(root, 'dist'), join(partial, 'dist'), { recursive: true })
    await writeFile(join(partial, metadataPath), metadataText(await describeSlot(partial, now)))
    await moveIntoPlace(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function describeSlot(folder: string, now: Date): Promise<ReleaseMetadata> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const sizes = await Promise.all(entries.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size))
  const notes = { en: 'Installed from its sources.', zh: '由源代码安装。' }
  return {
    version: ownVersion(),
    releaseDate: now.toISOString(),
    knownRisks: [],
    migrations: [],
    notes,
    // It never was packed.
    payload: { path: 'none', unpackedBytes: sizes.reduce((sum, size) => sum + size, 0), unpackedFiles: entries.length },
  }
}
