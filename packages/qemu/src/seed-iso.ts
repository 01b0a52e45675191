// A small ISO 9660 volume with Joliet names, in memory. Enough for the handful of files by which a guest is told who it is.
// ECMA-119 says where each byte goes; a Joliet volume repeats the tree with names in big-endian UCS-2.

const sectorBytes = 2048
/** 16 sectors that the standard leaves to the system, then the descriptors. */
const systemSectors = 16

/** 128 KiB: busybox looks for a label only on volumes that fill its buffer of 68 KiB. */
const fewestSectors = 64

/** What tells a guest who it is has kilobytes; a volume is built in memory. */
const maxContentBytes = 16 * 1024 * 1024
/** Joliet's limit, in characters. */
const maxNameLength = 64
/** The Joliet descriptor has 32 bytes for the label, in UCS-2. */
const maxLabelLength = 16

interface Entry {
  name: string
  content: Buffer
  sector: number
}

/** Builds the volume. The same input gives the same bytes: all times in it are the epoch. */
export function buildSeedIso(label: string, files: Readonly<Record<string, string>>): Buffer {
  assertFits(label, files)
  // Sectors: system, 3 descriptors, 4 path tables (one sector each), 2 root folders, then the files.
  const firstPathTable = systemSectors + 3
  const contents = Object.entries(files)
    .map(([name, text]) => ({ name, content: Buffer.from(text) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const plainRootSectors = sectorsOfFolder(
    contents.map(({ name }) =>
      Buffer.from(
        plainName(
          name,
          contents.map((each) => each.name),
        ),
      ),
    ),
  )
  const jolietRootSectors = sectorsOfFolder(contents.map(({ name }) => jolietText(name)))
  const plainRoot = { sector: firstPathTable + 4, sectors: plainRootSectors }
  const jolietRoot = { sector: plainRoot.sector + plainRootSectors, sectors: jolietRootSectors }
  const entries = place(contents, jolietRoot.sector + jolietRootSectors)
  const last = entries.at(-1)
  const usedSectors = last === undefined ? jolietRoot.sector + jolietRootSectors : last.sector + sectorsOf(last.content.length)
  const totalSectors = Math.max(usedSectors, fewestSectors)

  const volume = Buffer.alloc(totalSectors * sectorBytes)
  const at = (sector: number): Buffer => volume.subarray(sector * sectorBytes)
  writeDescriptor(at(16), {
    type: 1,
    label: Buffer.from(label.toUpperCase()),
    filler: Buffer.from(' '),
    totalSectors,
    pathTable: firstPathTable,
    root: plainRoot,
  })
  writeDescriptor(at(17), {
    type: 2,
    label: jolietText(label),
    filler: jolietText(' '),
    totalSectors,
    pathTable: firstPathTable + 2,
    root: jolietRoot,
  })
  writeTerminator(at(18))
  writePathTables(at(firstPathTable), plainRoot.sector)
  writePathTables(at(firstPathTable + 2), jolietRoot.sector)
  const names = entries.map((each) => each.name)
  writeFolder(at(plainRoot.sector), plainRoot, entries, (name) => Buffer.from(plainName(name, names)))
  writeFolder(at(jolietRoot.sector), jolietRoot, entries, jolietText)
  for (const { content, sector } of entries) content.copy(volume, sector * sectorBytes)
  return volume
}

function assertFits(label: string, files: Readonly<Record<string, string>>): void {
  if (!/^[\w-]+$/.test(label) || label.length > maxLabelLength)
    throw new RangeError(
      `the label ${JSON.stringify(label)} must be 1 to ${maxLabelLength} letters, digits, dashes and underscores`,
    )
  for (const name of Object.keys(files)) {
    if (name.length > maxNameLength || !/^[^/\\:;*?\p{Cc}]+$/u.test(name))
      throw new RangeError(`the file name ${JSON.stringify(name)} must be 1 to ${maxNameLength} characters without / \\ : ; * ?`)
  }
  const totalBytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (totalBytes > maxContentBytes)
    throw new RangeError(`a seed volume holds ${maxContentBytes} bytes at most, not ${totalBytes}`)
}

/** Name for readers without Joliet: eight and three capital letters, told apart by a number. */
function plainName(name: string, all: readonly string[]): string {
  const [stem = '', extension = ''] = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9.]/g, '_')
    .split(/\.(?=[^.]*$)/)
  return `${stem.replaceAll('.', '_').slice(0, 5)}${String(all.indexOf(name)).padStart(3, '0')}.${extension.slice(0, 3)};1`
}

function jolietText(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

const sectorsOf = (bytes: number): number => Math.ceil(bytes / sectorBytes)

function place(contents: readonly { name: string; content: Buffer }[], firstSector: number): Entry[] {
  let sector = firstSector
  return contents.map(({ name, content }) => {
    const entry = { name, content, sector }
    sector += sectorsOf(content.length)
    return entry
  })
}

interface Extent {
  sector: number
  sectors: number
}

const recordBytes = (identifierBytes: number): number => 33 + identifierBytes + (identifierBytes % 2 === 0 ? 1 : 0)

/** A record never crosses a sector's end, so what is left of a sector stays empty. */
function sectorsOfFolder(identifiers: readonly Buffer[]): number {
  let offset = 2 * recordBytes(1)
  for (const identifier of identifiers) offset = fitting(offset, recordBytes(identifier.length)) + recordBytes(identifier.length)
  return sectorsOf(offset)
}

function fitting(offset: number, bytes: number): number {
  return sectorsOf(offset + bytes) > sectorsOf(offset) && offset % sectorBytes !== 0 ? sectorsOf(offset) * sectorBytes : offset
}

function writeFolder(target: Buffer, folder: Extent, entries: readonly Entry[], identify: (name: string) => Buffer): void {
  const sizeBytes = folder.sectors * sectorBytes
  let offset = writeRecord(target, 0, Buffer.from([0]), folder.sector, sizeBytes, 'folder')
  offset = writeRecord(target, offset, Buffer.from([1]), folder.sector, sizeBytes, 'folder')
  for (const { name, content, sector } of entries) {
    const identifier = identify(name)
    offset = writeRecord(target, fitting(offset, recordBytes(identifier.length)), identifier, sector, content.length, 'file')
  }
}

/** Writes one directory record and returns where the next begins. */
function writeRecord(
  target: Buffer,
  offset: number,
  identifier: Buffer,
  sector: number,
  sizeBytes: number,
  kind: 'file' | 'folder',
): number {
  const record = target.subarray(offset)
  record[0] = recordBytes(identifier.length)
  writeBothEndian32(record, 2, sector)
  writeBothEndian32(record, 10, sizeBytes)
  record.set([70, 1, 1, 0, 0, 0, 0], 18)
  record[25] = kind === 'folder' ? 2 : 0
  writeBothEndian16(record, 28, 1)
  record[32] = identifier.length
  identifier.copy(record, 33)
  return offset + recordBytes(identifier.length)
}

/** Only the root is in the path table: once little-endian, in the next sector big-endian. */
const pathTableBytes = 10

function writePathTables(target: Buffer, rootSector: number): void {
  target[0] = 1
  target.writeUInt32LE(rootSector, 2)
  target.writeUInt16LE(1, 6)
  target[sectorBytes] = 1
  target.writeUInt32BE(rootSector, sectorBytes + 2)
  target.writeUInt16BE(1, sectorBytes + 6)
}

interface Descriptor {
  type: 1 | 2
  label: Buffer
  /** A space in the descriptor's character set. */
  filler: Buffer
  totalSectors: number
  pathTable: number
  root: Extent
}

function writeDescriptor(target: Buffer, { type, label, filler, totalSectors, pathTable, root }: Descriptor): void {
  target[0] = type
  target.write('CD001\u0001', 1, 'latin1')
  target.fill(filler, 8, 40)
  target.fill(filler, 40, 72)
  label.copy(target, 40)
  writeBothEndian32(target, 80, totalSectors)
  // Says that the names below are UCS-2 without restrictions: Joliet, level 3.
  if (type === 2) target.write('%/E', 88, 'latin1')
  writeBothEndian16(target, 120, 1)
  writeBothEndian16(target, 124, 1)
  writeBothEndian16(target, 128, sectorBytes)
  writeBothEndian32(target, 132, pathTableBytes)
  target.writeUInt32LE(pathTable, 140)
  target.writeUInt32BE(pathTable + 1, 148)
  writeRecord(target, 156, Buffer.from([0]), root.sector, root.sectors * sectorBytes, 'folder')
  target.fill(filler, 190, 813)
  for (const date of [813, 830, 847, 864]) target.write('0000000000000000', date, 'latin1')
  target[881] = 1
}

function writeTerminator(target: Buffer): void {
  target[0] = 255
  target.write('CD001\u0001', 1, 'latin1')
}

function writeBothEndian32(target: Buffer, offset: number, value: number): void {
  target.writeUInt32LE(value, offset)
  target.writeUInt32BE(value, offset + 4)
}

function writeBothEndian16(target: Buffer, offset: number, value: number): void {
  target.writeUInt16LE(value, offset)
  target.writeUInt16BE(value, offset + 2)
}
