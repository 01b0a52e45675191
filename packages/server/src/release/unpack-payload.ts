// From the archive of a release to a slot that can be started: checked while it is read, whole or not there at all.

import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { syncPath } from '@sheaf/qemu'
import { Unpack } from 'tar'
import type { ManifestFile } from './manifest.ts'
import { metadataText, type ReleaseMetadata } from './metadata.ts'
import { metadataPath } from './verify-release.ts'

export class PayloadRefused extends Error {}

export interface Unpacking {
  archive: Readable
  /** What the signed manifest says of the archive. */
  listed: ManifestFile
  metadata: ReleaseMetadata
  /** Becomes the slot. What was there is replaced. */
  folder: string
  onProgress?: (done: number, of: number) => void
  signal?: AbortSignal
}

/** Throws PayloadRefused when what arrives is not what was signed; then nothing is left behind. */
export async function unpackPayload({ archive, listed, metadata, folder, onProgress, signal }: Unpacking): Promise<void> {
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  try {
    const { through, confirm } = checking(listed, onProgress)
    const stages = [archive, through, createZstdDecompress(), unpackingInto(partial, metadata)] as const
    await pipeline(...stages, ...(signal === undefined ? [] : [{ signal }]))
    confirm()
    await writeFile(join(partial, metadataPath), metadataText(metadata))
    await moveIntoPlace(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/** A program is files; a link could point out of the slot. tar's own stream is none of Node's, so it stands behind one. */
function unpackingInto(folder: string, { payload }: ReleaseMetadata): Writable {
  let problem: Error | undefined
  const isPlain = (path: string, entry: object): boolean => {
    const { type, size } = entry as { type?: string; size?: number }
    if (type === 'File' && size !== undefined && size <= payload.unpackedBytes) return true
    problem ??= new PayloadRefused(`the archive holds something else than files of a program: ${path}`)
    return false
  }
  const unpack = new Unpack({ cwd: folder, strict: true, preserveOwner: false, filter: isPlain })
  // One that has failed, on a full disk for one, neither drains nor closes.
  let goOn = (): void => {}
  unpack.on('error', (error) => {
    problem ??= error
    goOn()
  })
  const once = (callback: (error?: Error | null) => void): (() => void) => {
    let isCalled = false
    return () => {
      if (!isCalled) callback(problem)
      isCalled = true
    }
  }
  return new Writable({
    write(chunk: Buffer, _encoding, callback) {
      goOn = once(callback)
      if (problem !== undefined || unpack.write(chunk)) goOn()
      else unpack.once('drain', goOn)
    },
    final(callback) {
      goOn = once(callback)
      unpack.once('close', goOn)
      unpack.end()
    },
  })
}

interface Checking {
  /** Lets pass what may still be what was signed. */
  through: (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>
  /** Throws PayloadRefused unless all of it was. */
  confirm: () => void
}

function checking({ path, sizeBytes, sha512 }: ManifestFile, onProgress: Unpacking['onProgress']): Checking {
  const hash = createHash('sha512')
  let done = 0
  return {
    through: async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        done += chunk.length
        if (done > sizeBytes) throw new PayloadRefused(`${path} is longer than the ${sizeBytes} bytes that were signed`)
        hash.update(chunk)
        onProgress?.(done, sizeBytes)
        yield chunk
      }
      // Before the last of it is unpacked: an archive that was changed may still be one that can be read.
      if (done < sizeBytes) throw new PayloadRefused(`${path} ended after ${done} of ${sizeBytes} bytes`)
    },
    confirm: () => {
      if (hash.digest('hex') !== sha512) throw new PayloadRefused(`${path} is not the one that was signed`)
    },
  }
}

/** What was there is replaced, and all of it is on the disk when it resolves. */
export async function moveIntoPlace(partial: string, folder: string): Promise<void> {
  await syncTree(partial)
  await rm(folder, { recursive: true, force: true })
  await rename(partial, folder)
  await syncPath(dirname(folder))
}

/** A rename that outlives a power cut while the files do not would make a slot of empty files. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await syncPath(join(entry.parentPath, entry.name))
  await syncPath(folder)
}
