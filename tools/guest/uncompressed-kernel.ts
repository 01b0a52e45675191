// Takes the ELF kernel out of a bzImage. Under emulation the guest spends a good part of its start on unpacking itself;
// QEMU loads the ELF kernel directly.

import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** Undefined when the kernel is packed in a way that we cannot read (xz, bzip2, lzma, lzo) or cannot be started unpacked. */
export function uncompressKernel(bzImage: Buffer): Buffer | undefined {
  const payload = findPayload(bzImage)
  const kernel = payload && unpack(payload)
  // Without the PVH note QEMU has no entry point for an ELF kernel; the note's owner is named "Xen".
  return kernel?.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')) && kernel.includes('Xen\0', 0, 'latin1')
    ? kernel
    : undefined
}

/** Reads the setup header as Documentation/arch/x86/boot.rst describes it; the payload is there since protocol 2.08. */
function findPayload(image: Buffer): Buffer | undefined {
  if (image.toString('latin1', 0x202, 0x206) !== 'HdrS' || image.readUInt16LE(0x206) < 0x208) return undefined
  const setupSectors = image.readUInt8(0x1f1) || 4
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(0x248)
  return image.subarray(start, start + image.readUInt32LE(0x24c))
}

function unpack(payload: Buffer): Buffer | undefined {
  switch (payload.readUInt32LE(0)) {
    case 0x184c2102:
      return unpackLegacyLz4(payload)
    case 0xfd2fb528:
      return zstdDecompressSync(withoutLengthTrailer(payload))
    default:
      return payload.readUInt16LE(0) === 0x8b1f ? gunzipSync(payload) : undefined
  }
}

/** The kernel's build appends the unpacked length, four bytes, to everything but gzip (which has one of its own). */
function withoutLengthTrailer(payload: Buffer): Buffer {
  return payload.subarray(0, payload.length - 4)
}

/** The legacy frame: a magic number, then blocks, each with its packed length before it; the last number is the trailer. */
function unpackLegacyLz4(payload: Buffer): Buffer {
  const output = Buffer.alloc(payload.readUInt32LE(payload.length - 4))
  const end = payload.length - 4
  let written = 0
  for (let position = 4; position < end; ) {
    const length = payload.readUInt32LE(position)
    written = unpackLz4Block(payload.subarray(position + 4, position + 4 + length), output, written)
    position += 4 + length
  }
  return output.subarray(0, written)
}

/** An LZ4 block is a run of pairs: literal bytes, then a copy of bytes already written. The last pair has no copy. */
function unpackLz4Block(block: Buffer, output: Buffer, start: number): number {
  let read = 0
  let written = start
  const readLength = (nibble: number): number => {
    let length = nibble
    if (nibble === 15) {
      let more: number
      do {
        more = block.readUInt8(read++)
        length += more
      } while (more === 255)
    }
    return length
  }
  while (read < block.length) {
    const token = block.readUInt8(read++)
    const literals = readLength(token >> 4)
    block.copy(output, written, read, read + literals)
    read += literals
    written += literals
    if (read >= block.length) break
    const distance = block.readUInt16LE(read)
    read += 2
    const length = readLength(token & 15) + 4
    // The copy may overlap what it writes (a run of one byte is a copy at distance 1): each round copies all that is there.
    for (let copied = 0; copied < length; ) {
      const chunk = Math.min(distance + copied, length - copied)
      output.copyWithin(written + copied, written - distance, written - distance + chunk)
      copied += chunk
    }
    written += length
  }
  return written
}
