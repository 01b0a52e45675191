// The archive in a layer, unpacked as it is read.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { PullFailed } from './pull-failed.ts'

/** Told by its first bytes: what registries say of it is not always right. */
const packers: readonly { magic: Buffer; unpack: () => Transform }[] = [
  { magic: Buffer.from([0x1f, 0x8b]), unpack: createGunzip },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: createZstdDecompress },
]

export async function* unpackedLayer(path: string): AsyncGenerator<Uint8Array> {
  const packed = createReadStream(path)
  const begin = await firstBytes(path)
  const unpack = packers.find(({ magic }) => begin.subarray(0, magic.length).equals(magic))?.unpack()
  try {
    if (unpack === undefined) yield* packed as AsyncIterable<Buffer>
    // What goes wrong is thrown where it is read.
    else yield* pipeline(packed, unpack, () => {}) as AsyncIterable<Buffer>
  } catch (cause) {
    throw new PullFailed(`a layer of the image is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  } finally {
    packed.destroy()
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return buffer.subarray(0, bytesRead)
}
