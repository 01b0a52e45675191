// A guest of a few bytes: real-mode machine code in the first sector of a disk, started by the firmware.

/** A disk image that boots this code at 0000:7C00. SeaBIOS does not boot a disk of less than one cylinder, which is half a megabyte. */
export function bootSectorDisk(code: Uint8Array): Buffer {
  const signatureOffset = 510
  if (code.length > signatureOffset)
    throw new RangeError(`a boot sector holds ${signatureOffset} bytes of code, not ${code.length}`)
  const disk = Buffer.alloc(1024 * 1024)
  disk.set(code)
  disk.set([0x55, 0xaa], signatureOffset)
  return disk
}
