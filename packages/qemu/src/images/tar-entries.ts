// Reads an archive from front to back, one entry after the other, and no faster than whoever asks: memory stays flat
// however large a disk is.

import { Header, Pax } from 'tar'
import { PullFailed } from './pull-failed.ts'

export interface TarEntry {
  kind: 'file' | 'folder' | 'hardLink' | 'other'
  path: string
  /** What a link names. */
  linkPath: string
  sizeBytes: number
  /** To be read, if at all, before the next entry is asked for. */
  content: AsyncIterable<Uint8Array>
}

const blockBytes = 512
/** Headers that say more of the next entry: a long name, a size. */
const mostHeaderBytes = 1024 * 1024

/** Throws PullFailed for what is no archive, or not a whole one. */
export async function* tarEntries(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = byteReader(bytes)
  let next: Pax | undefined
  let all: Pax | undefined
  /** GNU's way to say what does not fit into a header. */
  let long: { path?: string; linkPath?: string } = {}
  for (;;) {
    const block = await reader.take(blockBytes, 'may end')
    if (block === undefined || block.every((byte) => byte === 0)) return reader.drain()
    const header = new Header(block, 0, next, all)
    if (!header.cksumValid) throw new PullFailed('a layer of the image is damaged: it is no tar archive')
    const sizeBytes = header.size ?? 0
    const type: string = header.type
    switch (type) {
      case 'ExtendedHeader':
      case 'OldExtendedHeader':
        next = Pax.parse(await readText(reader, sizeBytes), next, false)
        break
      case 'GlobalExtendedHeader':
        all = Pax.parse(await readText(reader, sizeBytes), all, true)
        break
      case 'NextFileHasLongPath':
      case 'OldGnuLongPath':
        long.path = upToNull(await readText(reader, sizeBytes))
        break
      case 'NextFileHasLongLinkpath':
        long.linkPath = upToNull(await readText(reader, sizeBytes))
        break
      case 'SparseFile':
        throw new PullFailed(`${header.path} is packed with its holes left out, which tar does in many ways: pack it without`)
      default: {
        const content = reader.part(sizeBytes)
        yield {
          kind: kinds[type] ?? 'other',
          path: next?.path ?? long.path ?? header.path ?? '',
          linkPath: next?.linkpath ?? long.linkPath ?? header.linkpath ?? '',
          sizeBytes,
          content,
        }
        // What was not read.
        for await (const _ of content);
        next = undefined
        long = {}
      }
    }
    await reader.take(padding(sizeBytes), 'whole')
  }
}

const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  GNUDumpDir: 'folder',
  Link: 'hardLink',
}

const padding = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes

const upToNull = (text: string): string => text.replace(/\0.*$/s, '')

async function readText(reader: ByteReader, size: number): Promise<string> {
  if (size > mostHeaderBytes) throw new PullFailed(`a layer of the image has a header of ${size} bytes; that is an attack`)
  return (await reader.take(size, 'whole'))?.toString('utf8') ?? ''
}

interface ByteReader {
  /** Undefined at the end, where it may end. */
  take(count: number, end: 'may end' | 'whole'): Promise<Buffer | undefined>
  /** The next bytes as they come. Iterating again goes on where it was left. */
  part(count: number): AsyncIterable<Uint8Array>
  /** To the end, so that whoever unpacks it has seen all. */
  drain(): Promise<void>
}

function byteReader(bytes: AsyncIterable<Uint8Array>): ByteReader {
  const source = bytes[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()

  /** Some bytes, at most so many; none at the end. */
  async function some(most: number): Promise<Uint8Array> {
    while (rest.length === 0) {
      const { done, value } = await source.next()
      if (done === true) return rest
      rest = value
    }
    const taken = rest.subarray(0, most)
    rest = rest.subarray(taken.length)
    return taken
  }

  async function take(count: number, end: 'may end' | 'whole'): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = []
    for (let missing = count; missing > 0; ) {
      const part = await some(missing)
      if (part.length === 0 && parts.length === 0 && end === 'may end') return undefined
      if (part.length === 0) throw truncated()
      parts.push(part)
      missing -= part.length
    }
    return Buffer.concat(parts)
  }

  function part(count: number): AsyncIterable<Uint8Array> {
    let missing = count
    return {
      async *[Symbol.asyncIterator]() {
        while (missing > 0) {
          const chunk = await some(missing)
          if (chunk.length === 0) throw truncated()
          missing -= chunk.length
          yield chunk
        }
      },
    }
  }

  async function drain(): Promise<void> {
    rest = new Uint8Array()
    while ((await source.next()).done !== true);
  }

  return { take, part, drain }
}

const truncated = (): PullFailed => new PullFailed('a layer of the image is damaged: it ends in the middle')
