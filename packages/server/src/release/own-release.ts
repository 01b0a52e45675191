// Which release this program belongs to.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MetadataInvalid, parseMetadata } from './metadata.ts'
import { metadataPath } from './verify-release.ts'

/** The folder that holds `bin` and `dist`; in a checkout, the checkout. */
export const programRoot = (): string => findRoot(dirname(fileURLToPath(import.meta.url)))

/** From the source it is three folders up, from the bundle one. */
function findRoot(folder: string): string {
  if (readIfThere(join(folder, 'bin', 'sheaf')) !== undefined) return folder
  const above = dirname(folder)
  if (above === folder) throw new Error('this program lies outside of any release: bin/sheaf is nowhere above it')
  return findRoot(above)
}

/** A release says so in its description; in a checkout it is what package.json says. */
export function ownVersion(): string {
  const root = programRoot()
  const description = readIfThere(join(root, metadataPath))
  if (description !== undefined) return versionIn(description)
  const manifest: unknown = JSON.parse(readIfThere(join(root, 'package.json')) ?? '{}')
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined
  return typeof version === 'string' ? version : '0.0.0'
}

/** A description that is damaged must not keep the server from starting. */
function versionIn(description: string): string {
  try {
    return parseMetadata(description).version
  } catch (error) {
    if (error instanceof MetadataInvalid) return '0.0.0'
    throw error
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
