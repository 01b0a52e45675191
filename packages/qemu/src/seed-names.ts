// How the files of a seed volume are called by its readers: those that know Rock Ridge (Linux), those that know Joliet
// (Windows), and the others, which read eight and three capital letters.

import type { SeedEntry } from './seed-tree.ts'

/** One of the two trees of a volume: the names in it, and what follows them in a directory record. */
export interface Naming {
  /** `index` is the entry's place in its folder. */
  identify(entry: SeedEntry, index: number): Buffer
  /** The bytes after the identifier. */
  systemUse(entry: SeedEntry): Buffer
  /** The same for a folder's record about itself. */
  selfUse(isRoot: boolean): Buffer
}

const nothing = Buffer.alloc(0)
/** Joliet's limit, in characters. */
const maxJolietLength = 64

export const jolietNaming: Naming = {
  identify({ name }, index) {
    if (name.length <= maxJolietLength) return jolietText(name)
    const number = String(index).padStart(3, '0')
    return jolietText(`${name.slice(0, maxJolietLength - number.length - 1)}~${number}`)
  },
  systemUse: () => nothing,
  selfUse: () => nothing,
}

export const plainNaming: Naming = {
  identify: ({ kind, name }, index) => Buffer.from(plainName(name, index, kind)),
  systemUse: ({ kind, name }) => Buffer.concat([attributes(kind), alternateName(name)]),
  selfUse: (isRoot) =>
    Buffer.concat([...(isRoot ? [sharingProtocol] : []), attributes('folder'), ...(isRoot ? [extension] : [])]),
}

export function jolietText(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

/** Names of different files may begin alike, so each has a number. */
function plainName(name: string, index: number, kind: SeedEntry['kind']): string {
  const [stem = '', ending = ''] = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9.]/g, '_')
    .split(/\.(?=[^.]*$)/)
  const short = `${stem.replaceAll('.', '_').slice(0, 5)}${String(index).padStart(3, '0')}`
  return kind === 'folder' ? short : `${short}.${ending.slice(0, 3)};1`
}

// Rock Ridge: each entry is two letters, its length, its version, and its data.

function entry(signature: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(signature), Buffer.from([4 + data.length, 1]), data])
}

/** Says in the root that such entries follow. */
const sharingProtocol = entry('SP', Buffer.from([0xbe, 0xef, 0]))
/** Says whose entries they are. */
const extension = entry('ER', Buffer.concat([Buffer.from([10, 0, 0, 1]), Buffer.from('RRIP_1991A')]))

/** Everybody in the guest may read; the volume cannot be written to. */
function attributes(kind: SeedEntry['kind']): Buffer {
  const mode = kind === 'folder' ? 0o040555 : 0o100444
  const links = kind === 'folder' ? 2 : 1
  const data = Buffer.alloc(32)
  for (const [place, value] of [mode, links, 0, 0].entries()) {
    data.writeUInt32LE(value, place * 8)
    data.writeUInt32BE(value, place * 8 + 4)
  }
  return entry('PX', data)
}

const alternateName = (name: string): Buffer => entry('NM', Buffer.concat([Buffer.from([0]), Buffer.from(name)]))
