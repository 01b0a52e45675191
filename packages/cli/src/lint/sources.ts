// What `sheaf lint` is asked to look at: files, everything below a folder that looks like a manifest, standard input.

import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { CommandError } from '../connection.ts'

export const standardInput = '-'

/** A parse tree takes some fifty times the text; beyond this a manifest is a mistake. */
const maxManifestBytes = 64 * 1024 * 1024
const manifestName = /\.(ya?ml|json)$/i
const byteOrderMark = '\uFEFF'

/** Files, each once, folders in the order of their names. A path that leads nowhere is misuse. */
export function findManifests(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => (path === standardInput ? [path] : filesAt(path))))]
}

function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new CommandError(`"${path}" does not exist. Name files, folders, or - for standard input.`, 2)
  if (!stat.isDirectory()) return [path]
  const found = filesBelow(path)
  if (found.length === 0)
    throw new CommandError(`"${path}" holds no *.yaml, *.yml or *.json. Name a file to look at it whatever it is called.`, 2)
  return found
}

/** Neither hidden folders nor installed packages are anybody's manifests. Links to folders are not followed: they may lead back. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : filesBelow(path)
    return manifestName.test(entry.name) && isFile(path) ? [path] : []
  })
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** The text without its byte order mark, which is kept apart; or why there is none. */
export type SourceText = { text: string; mark: '' | typeof byteOrderMark } | { reason: string }

export async function readSource(path: string): Promise<SourceText> {
  let bytes: Buffer
  try {
    bytes = await (path === standardInput ? buffer(process.stdin) : readFile(path))
  } catch (error) {
    return { reason: `cannot be read: ${(error as Error).message}` }
  }
  if (bytes.length > maxManifestBytes) return { reason: `is larger than ${maxManifestBytes / 1024 / 1024} MiB; split it` }
  try {
    // Fatal and with its mark: what is decoded here is encoded back to the same bytes.
    const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return whole.startsWith(byteOrderMark) ? { text: whole.slice(1), mark: byteOrderMark } : { text: whole, mark: '' }
  } catch {
    return { reason: 'is not UTF-8; convert it first, for example with: iconv -t UTF-8' }
  }
}
