// Writes a file from front to back and leaves holes where there are only zeros: a disk of 100 GiB that holds 1 takes 1.

import { type FileHandle, open } from 'node:fs/promises'

/** What filesystems can leave out; smaller holes would cost more in bookkeeping than they save. */
const blockBytes = 64 * 1024
const zeros = Buffer.alloc(blockBytes)

export interface SparseFile extends AsyncDisposable {
  /** Answers how many bytes of it took room. */
  write(chunk: Uint8Array): Promise<number>
  /** Gives the file its length and brings it to the disk. */
  finish(): Promise<void>
}

/** Throws when there is something at this path. */
export async function createSparseFile(path: string): Promise<SparseFile> {
  const file = await open(path, 'wx', 0o600)
  let position = 0

  async function write(chunk: Uint8Array): Promise<number> {
    let written = 0
    for (let start = 0; start < chunk.length; ) {
      const room = blockBytes - (position % blockBytes)
      const part = chunk.subarray(start, start + room)
      if (!isZero(part)) {
        await writeAll(file, part, position)
        written += part.length
      }
      position += part.length
      start += part.length
    }
    return written
  }

  return {
    write,
    async finish() {
      await file.truncate(position)
      await file.sync()
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}

const isZero = (part: Uint8Array): boolean => zeros.compare(part, 0, part.length, 0, part.length) === 0

async function writeAll(file: FileHandle, part: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < part.length; )
    done += (await file.write(part, done, part.length - done, position + done)).bytesWritten
}
