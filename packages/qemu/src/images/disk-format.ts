// What a disk from a stranger is, told by its bytes and not by its name; and whether opening it would open anything else.

import { open } from 'node:fs/promises'

/** A disk that is not to be given to a machine; the message says why, and what would work. */
export class DiskRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DiskRefused'
  }
}

/** The header of qcow2 with all fields that say where else to read; more than any other magic needs. */
export const headerBytes = 512

const others: readonly { name: string; magic: Buffer; at: number }[] = [
  { name: 'VMDK', magic: Buffer.from('KDMV'), at: 0 },
  { name: 'VMDK', magic: Buffer.from('# Disk DescriptorFile'), at: 0 },
  { name: 'VDI', magic: Buffer.from([0x7f, 0x10, 0xda, 0xbe]), at: 64 },
  { name: 'VHDX', magic: Buffer.from('vhdxfile'), at: 0 },
  { name: 'VHD', magic: Buffer.from('conectix'), at: 0 },
  { name: 'QED', magic: Buffer.from('QED\0'), at: 0 },
  { name: 'Parallels', magic: Buffer.from('WithoutFreeSpace'), at: 0 },
  { name: 'LUKS', magic: Buffer.from([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]), at: 0 },
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b, 0x08]), at: 0 },
  { name: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), at: 0 },
  { name: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), at: 0 },
]

/** Throws DiskRefused. */
export async function readDiskFormat(path: string): Promise<'qcow2' | 'raw'> {
  return (await readDiskShape(path)).format
}

/** What the disk is, and how many bytes a machine sees of it. Throws DiskRefused. */
export async function readDiskShape(path: string): Promise<{ format: 'qcow2' | 'raw'; virtualSizeBytes: number }> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)
  const header = buffer.subarray(0, bytesRead)
  const format = diskFormatOf(header)
  const virtualSizeBytes = format === 'raw' ? (await file.stat()).size : Number(header.readBigUInt64BE(qcow2.virtualSizeAt))
  return { format, virtualSizeBytes }
}

/** Of the first bytes of a disk. Throws DiskRefused. */
export function diskFormatOf(header: Buffer): 'qcow2' | 'raw' {
  if (header.subarray(0, 4).equals(qcow2.magic)) {
    assertAlone(header)
    return 'qcow2'
  }
  const other = others.find(({ magic, at }) => header.subarray(at, at + magic.length).equals(magic))
  if (other === undefined) return 'raw'
  throw new DiskRefused(
    `it is a ${other.name} file; a disk is raw or qcow2: unpack it, or convert it with qemu-img convert -O qcow2`,
  )
}

const qcow2 = {
  magic: Buffer.from('QFI\xfb', 'latin1'),
  versionAt: 4,
  backingFileAt: 8,
  virtualSizeAt: 24,
  encryptionAt: 32,
  featuresAt: 72,
  shortestBytes: 72,
  shortestBytesOfVersion3: 104,
  /** Dirty, corrupt, another compression, larger entries: they concern the file alone. */
  harmlessFeatures: 0b11011n,
  externalData: 0b100n,
} as const

/** A disk that names other files would have the machine read whatever they are. */
function assertAlone(header: Buffer): void {
  const version = header.length < qcow2.shortestBytes ? 0 : header.readUInt32BE(qcow2.versionAt)
  if ((version !== 2 && version !== 3) || (version === 3 && header.length < qcow2.shortestBytesOfVersion3))
    throw new DiskRefused('its header says qcow2, but it is no version of it that is known, or it is cut off')
  if (header.readBigUInt64BE(qcow2.backingFileAt) !== 0n)
    throw new DiskRefused('it names a backing file, which an image must not: flatten it with qemu-img convert -O qcow2')
  if (header.readUInt32BE(qcow2.encryptionAt) !== 0)
    throw new DiskRefused('it is encrypted, and there is nobody to ask for the key: decrypt it with qemu-img convert')
  const features = version === 3 ? header.readBigUInt64BE(qcow2.featuresAt) : 0n
  if ((features & qcow2.externalData) !== 0n)
    throw new DiskRefused('it keeps its data in another file, which an image must not: join them with qemu-img convert -O qcow2')
  if ((features & ~(qcow2.harmlessFeatures | qcow2.externalData)) !== 0n)
    throw new DiskRefused('it needs features of qcow2 that are not known here: write it anew with qemu-img convert -O qcow2')
}
