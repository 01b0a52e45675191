// The files of a seed volume as a tree of folders, checked against what such a volume can hold.

import type { SeedContent } from './launch-plan.ts'

export interface SeedFile {
  kind: 'file'
  name: string
  content: Buffer
}

export interface SeedFolder {
  kind: 'folder'
  /** Empty for the root. */
  name: string
  entries: readonly SeedEntry[]
}

export type SeedEntry = SeedFile | SeedFolder

/** What tells a guest who it is has kilobytes, and no ConfigMap or Secret more than one MiB; a volume is built in memory. */
export const maxContentBytes = 16 * 1024 * 1024
/** A directory record has 254 bytes, of which the name's neighbours take 89. */
const maxNameBytes = 160
/** ISO 9660 counts eight levels, the root among them. */
const maxDepth = 8
/** Short names for old readers number the entries of a folder with three digits. */
const maxEntries = 1000
/** Joliet's descriptor, which says the label to Windows, has room for 16 of these. */
const maxLabelLength = 32

export function assertLabelFits(label: string): void {
  if (label === '' || label.length > maxLabelLength || !/^[\x20-\x7e]+$/.test(label))
    throw new RangeError(`the label ${JSON.stringify(label)} must be 1 to ${maxLabelLength} printable ASCII characters`)
}

/** Names are sorted, so that the same files make the same volume. Throws RangeError for what a volume cannot hold. */
export function seedTree(files: Readonly<Record<string, SeedContent>>): SeedFolder {
  const contents = Object.entries(files).map(([path, content]) => ({ path: segmentsOf(path), content: bytesOf(content) }))
  const totalBytes = contents.reduce((sum, { content }) => sum + content.length, 0)
  if (totalBytes > maxContentBytes)
    throw new RangeError(`a seed volume holds ${maxContentBytes} bytes at most, not ${totalBytes}`)
  return folderOf('', contents)
}

const bytesOf = (content: SeedContent): Buffer =>
  typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.base64, 'base64')

function segmentsOf(path: string): string[] {
  const segments = path.split('/')
  if (segments.length > maxDepth)
    throw new RangeError(`the file name ${JSON.stringify(path)} lies in too many folders: ${maxDepth - 1} are possible`)
  for (const name of segments) {
    // What else Windows cannot read is refused as well: the same volume is for every guest.
    const isName = name !== '.' && name !== '..' && /^[^\\:;*?\p{Cc}]+$/u.test(name)
    if (!isName || Buffer.byteLength(name) > maxNameBytes)
      throw new RangeError(
        `the file name ${JSON.stringify(path)} must consist of names of 1 to ${maxNameBytes} bytes without \\ : ; * ?`,
      )
  }
  return segments
}

interface Content {
  path: readonly string[]
  content: Buffer
}

function folderOf(name: string, contents: readonly Content[]): SeedFolder {
  const byName = Map.groupBy(contents, ({ path }) => path[0] ?? '')
  if (byName.size > maxEntries)
    throw new RangeError(`the folder ${JSON.stringify(name)} has ${byName.size} entries; ${maxEntries} are possible`)
  const entries = [...byName].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([each, inside]) => entryOf(each, inside))
  return { kind: 'folder', name, entries }
}

function entryOf(name: string, inside: readonly Content[]): SeedEntry {
  const file = inside.find(({ path }) => path.length === 1)
  if (file === undefined)
    return folderOf(
      name,
      inside.map(({ path, content }) => ({ path: path.slice(1), content })),
    )
  if (inside.length > 1) throw new RangeError(`the file name ${JSON.stringify(name)} is a folder's as well`)
  return { kind: 'file', name, content: file.content }
}
