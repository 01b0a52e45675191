// Puts one layer of an image over those below it. A layer comes from a stranger: only regular files and folders are made,
// all of them under the root. Since no symbolic link is ever made, no path can lead out of it.

import type { Stats } from 'node:fs'
import { link, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PullFailed } from './pull-failed.ts'
import { createSparseFile } from './sparse-file.ts'
import { type TarEntry, tarEntries } from './tar-entries.ts'
import { unpackedLayer } from './unpacked-layer.ts'

/** What the layers of an image may still take, all together. */
export interface Allowance {
  entries: number
  bytes: number
}

/** A whole distribution has fewer; a million names would be an attack on the disk's table of files. */
const mostEntries = 200_000
/** Holes included, which cost nothing: more than any guest's disk, less than what filesystems refuse. */
const mostUnpackedBytes = 2 ** 42
/** Longer ones cannot be opened. */
const longestPath = 4_000

export const allowanceOfImage = (): Allowance => ({ entries: mostEntries, bytes: mostUnpackedBytes })

const whiteout = '.wh.'
const opaque = '.wh..wh..opq'

export interface UnpackInto {
  root: string
  allowance: Allowance
  /** Told of every write; may throw. */
  wrote: (bytes: number) => Promise<void>
  signal: AbortSignal
}

interface Ground extends UnpackInto {
  /** Paths of this layer, which its own whiteouts do not concern. */
  own: Set<string>
}

/** Throws PullFailed for an archive that cannot be trusted or read; the root is then to be thrown away. */
export async function unpackLayer(archive: string, into: UnpackInto): Promise<void> {
  const ground: Ground = { ...into, own: new Set() }
  for await (const entry of tarEntries(unpackedLayer(archive))) await place(entry, ground)
}

async function place(entry: TarEntry, ground: Ground): Promise<void> {
  ground.signal.throwIfAborted()
  if (--ground.allowance.entries < 0)
    throw new PullFailed(`the image holds more than ${mostEntries} files; no disk needs that many`)
  const parts = partsOf(entry.path)
  const name = parts.at(-1)
  // The root itself.
  if (name === undefined) return
  if (name.startsWith(whiteout)) return hide(name, parts.slice(0, -1), ground)
  for (let depth = 1; depth <= parts.length; depth++) ground.own.add(parts.slice(0, depth).join('/'))
  const path = join(ground.root, ...parts)
  switch (entry.kind) {
    case 'file':
      return writeFile(entry, path, ground)
    case 'folder':
      return makeFolder(path, ground.root)
    case 'hardLink':
      return linkFile(join(ground.root, ...partsOf(entry.linkPath)), path, ground.root)
    case 'other':
      // Symbolic links, devices, pipes: a disk is none of them. They still take the place of what lay there.
      return clear(path)
  }
}

/** Throws for a path that leads out of the image. */
function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || path.includes('\0'))
    throw new PullFailed(`the image holds a file named ${JSON.stringify(path)}, which leads out of it; that is an attack`)
  if (path.length > longestPath) throw new PullFailed(`the image holds a file whose path is longer than ${longestPath}`)
  return parts
}

async function writeFile(entry: TarEntry, path: string, { root, allowance, wrote, signal }: Ground): Promise<void> {
  allowance.bytes -= entry.sizeBytes
  if (allowance.bytes < 0) throw new PullFailed(`the image unpacks to more than ${mostUnpackedBytes / 2 ** 40} TiB`)
  await makeFolder(dirname(path), root)
  await clear(path)
  await using file = await createSparseFile(path)
  for await (const chunk of entry.content) {
    signal.throwIfAborted()
    await wrote(await file.write(chunk))
  }
  await file.finish()
}

/** A second name of one file. What it names may not have been made: then there is nothing to name. */
async function linkFile(target: string, path: string, root: string): Promise<void> {
  if (target === path) return
  await clear(path)
  if ((await found(target))?.isFile() !== true) return
  await makeFolder(dirname(path), root)
  await link(target, path)
}

/** Every part on the way that is a file gives way. */
async function makeFolder(path: string, root: string): Promise<void> {
  if (path === root) return
  await makeFolder(dirname(path), root)
  const before = await found(path)
  if (before?.isDirectory() === true) return
  if (before !== undefined) await rm(path)
  await mkdir(path, { mode: 0o700 })
}

/** `.wh.name` takes away what lower layers have under that name, `.wh..wh..opq` all that they have in the folder. */
async function hide(name: string, folder: readonly string[], ground: Ground): Promise<void> {
  if (name === opaque) {
    for (const each of await readdir(join(ground.root, ...folder)).catch(() => [])) await removeLower([...folder, each], ground)
    return
  }
  const hidden = name.slice(whiteout.length)
  if (hidden !== '' && hidden !== '.' && hidden !== '..') await removeLower([...folder, hidden], ground)
}

async function removeLower(parts: readonly string[], ground: Ground): Promise<void> {
  const path = join(ground.root, ...parts)
  if (!ground.own.has(parts.join('/'))) return clear(path)
  if ((await found(path))?.isDirectory() !== true) return
  for (const each of await readdir(path)) await removeLower([...parts, each], ground)
}

async function clear(path: string): Promise<void> {
  if ((await found(path)) !== undefined) await rm(path, { recursive: true })
}

/** Nothing is found below a file either. */
const found = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined)
