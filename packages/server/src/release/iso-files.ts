// The files in an ISO, read where they lie: no mounting, no root, nothing unpacked.

import { execFile } from 'node:child_process'
import { createReadStream, type ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface IsoFiles {
  /** Paths below the root, without a leading slash. */
  paths(): string[]
  sizeOf(path: string): number | undefined
  /** Throws NotInIso. A file above `mostBytes` is not one of those that are read whole. */
  read(path: string, mostBytes?: number): Promise<Buffer>
  /** Throws NotInIso. `start` and `end` as in a range of HTTP: both inclusive. */
  stream(path: string, range?: { start: number; end: number }): ReadStream
}

export class NotInIso extends Error {}
/** It is not an ISO, or cannot be read; the message says what to do. */
export class IsoUnreadable extends Error {}

interface Extent {
  offset: number
  sizeBytes: number
}

const blockBytes = 2048
/** A list of files is a few hundred lines. */
const mostListBytes = 16 * 1024 * 1024
/** Manifest, signature and description are small; whoever sends larger ones wants to fill our memory. */
const mostReadBytes = 4 * 1024 * 1024

/** Throws IsoUnreadable. */
export async function openIso(iso: string): Promise<IsoFiles> {
  const extents = await listExtents(iso)
  const extentOf = (path: string): Extent => {
    const extent = extents.get(path)
    if (extent === undefined) throw new NotInIso(`${iso} holds no ${path}`)
    return extent
  }
  return {
    paths: () => [...extents.keys()],
    sizeOf: (path) => extents.get(path)?.sizeBytes,
    async read(path, mostBytes = mostReadBytes) {
      const { offset, sizeBytes } = extentOf(path)
      if (sizeBytes > mostBytes) throw new NotInIso(`${path} in ${iso} has ${sizeBytes} bytes, which is more than it can have`)
      const file = await open(iso)
      try {
        const content = Buffer.alloc(sizeBytes)
        await file.read(content, 0, sizeBytes, offset)
        return content
      } finally {
        await file.close()
      }
    },
    stream(path, range) {
      const { offset, sizeBytes } = extentOf(path)
      const { start, end } = range ?? { start: 0, end: sizeBytes - 1 }
      return createReadStream(iso, { start: offset + start, end: offset + end })
    },
  }
}

async function listExtents(iso: string): Promise<Map<string, Extent>> {
  const args = [
    '-no_rc',
    '-abort_on',
    'FAILURE',
    '-indev',
    `stdio:${iso}`,
    '-find',
    '/',
    '-type',
    'f',
    '-exec',
    'report_lba',
    '--',
  ]
  const { stdout } = await run('xorriso', args, { maxBuffer: mostListBytes }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT')
      throw new IsoUnreadable('xorriso is not installed. Install it: apt-get install xorriso', { cause })
    throw new IsoUnreadable(`${iso} cannot be read as an ISO 9660 image; is it a release of Sheaf, and whole?`, { cause })
  })
  const extents = new Map<string, Extent>()
  for (const [, kind, lba, , size, path] of stdout.matchAll(line)) {
    // What lies in several pieces is none of ours.
    if (Number(kind) === 0 && path !== undefined)
      extents.set(unquoted(path), { offset: Number(lba) * blockBytes, sizeBytes: Number(size) })
  }
  return extents
}

/** `File data lba:  0 ,  1234 ,  10 ,  20480 , '/payload.tar.zst'` */
const line = /^File data lba: +(\d+) , +(\d+) , +(\d+) , +(\d+) , '\/(.+)'$/gm

/** As a shell would read it: xorriso writes a quote as `'"'"'`. */
const unquoted = (text: string): string => text.replaceAll(`'"'"'`, "'")
