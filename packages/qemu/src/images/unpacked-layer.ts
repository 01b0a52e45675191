// The archive in a layer, unpacked as it is read.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { PullFailed } from './pull-failed.ts'

/** Told by its first bytes: what registries say of it is not always right. */
const unpackers: readonly { magic: Buffer; unpack: (path: string, sizeBytes: number) => AsyncIterable<Uint8Array> }[] = [
  { magic: Buffer.from([0x1f, 0x8b]), unpack: (path) => gunzipped(path) },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: framesOf },
]

export async function* unpackedLayer(path: string): AsyncGenerator<Uint8Array> {
  const { begin, sizeBytes } = await look(path)
  const packer = unpackers.find(({ magic }) => begin.subarray(0, magic.length).equals(magic))
  try {
    yield* packer?.unpack(path, sizeBytes) ?? (createReadStream(path) as AsyncIterable<Buffer>)
  } catch (cause) {
    throw new PullFailed(`a layer of the image is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function look(path: string): Promise<{ begin: Buffer; sizeBytes: number }> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return { begin: buffer.subarray(0, bytesRead), sizeBytes: (await file.stat()).size }
}

/** What goes wrong is thrown where it is read. */
const ignore = (): void => {}

function gunzipped(path: string): AsyncIterable<Uint8Array> {
  return pipeline(createReadStream(path), createGunzip(), ignore)
}

/** Some builders make one frame of each file, so that it can be had alone; Node unpacks one frame at a time. */
async function* framesOf(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < sizeBytes; ) {
    const frame = createZstdDecompress()
    yield* pipeline(createReadStream(path, { start }), frame, ignore) as AsyncIterable<Buffer>
    if (frame.bytesWritten === 0) throw new Error('it is no zstd after so many frames')
    start += frame.bytesWritten
  }
}
