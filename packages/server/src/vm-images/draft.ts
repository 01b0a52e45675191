// A file on its way here: it grows at its end, is hashed as it grows, and is gone on with by the next process. Where it comes
// from is written down before its first byte.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { diskFormatOf, headerBytes, readIfThere, syncPath, watchRoom, writeDurably } from '@sheaf/qemu'
import { diskFile } from './kept-images.ts'

/** What the bytes are of, so that bytes of something else are never put behind them. */
export interface Origin {
  /** The URL, or nothing for an upload. */
  url?: string
  /** What the server calls this state of the file, by which it can tell whether a rest belongs to it. */
  validator?: string
  totalBytes?: number
}

export interface Draft extends AsyncDisposable {
  readonly path: string
  readonly bytes: number
  readonly origin: Origin | undefined
  /** Throws DiskRefused as soon as it is seen that this is no disk, and PullFailed when the disk is getting full. */
  append(chunk: Uint8Array): Promise<void>
  /** Throws away what is there. */
  startOver(origin: Origin): Promise<void>
  /** Brings what is there to the disk. */
  sync(): Promise<void>
  /** Of all that is there. */
  sha512(): string
}

const originPath = (folder: string): string => join(folder, 'origin.json')

/** Reads what an earlier process left. */
export async function openDraft(folder: string): Promise<Draft> {
  const path = join(folder, 'root', diskFile)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a+', 0o600)
  try {
    const { hash, bytes } = await readBack(path)
    return draftOver({ file, path, folder, hash, bytes, origin: await originIn(folder) })
  } catch (error) {
    await file.close()
    throw error
  }
}

export async function originIn(folder: string): Promise<Origin | undefined> {
  const text = await readIfThere(originPath(folder))
  return text === undefined ? undefined : (JSON.parse(text) as Origin)
}

interface Parts {
  file: FileHandle
  path: string
  folder: string
  hash: Hash
  bytes: number
  origin: Origin | undefined
}

function draftOver({ file, path, folder, ...begun }: Parts): Draft {
  let { hash, bytes, origin } = begun
  const keepRoom = watchRoom(folder)
  return {
    path,
    get bytes() {
      return bytes
    },
    get origin() {
      return origin
    },
    async append(chunk) {
      // Its first bytes say what it is: nobody waits for the rest of what is refused anyway.
      if (bytes === 0 && chunk.length >= headerBytes) diskFormatOf(Buffer.from(chunk.subarray(0, headerBytes)))
      await keepRoom(chunk.length)
      await file.appendFile(chunk)
      hash.update(chunk)
      bytes += chunk.length
    },
    async startOver(next) {
      await file.truncate(0)
      hash = createHash('sha512')
      bytes = 0
      origin = next
      await writeDurably(originPath(folder), JSON.stringify(next))
      await syncPath(dirname(path))
    },
    sync: () => file.sync(),
    sha512: () => hash.copy().digest('hex'),
    [Symbol.asyncDispose]: () => file.close(),
  }
}

async function readBack(path: string): Promise<{ hash: Hash; bytes: number }> {
  const hash = createHash('sha512')
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { hash, bytes }
}
