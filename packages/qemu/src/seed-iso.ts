// A small ISO 9660 volume with Rock Ridge and Joliet names, in memory. Enough for the files by which a guest is told who it
// is and how it is configured. ECMA-119 says where each byte goes; a Joliet volume repeats the tree with names of its own.

import type { SeedContent } from './launch-plan.ts'
import { jolietNaming, jolietText, type Naming, plainNaming } from './seed-names.ts'
import { assertLabelFits, type SeedEntry, type SeedFile, type SeedFolder, seedTree } from './seed-tree.ts'

const sectorBytes = 2048
/** 16 sectors that the standard leaves to the system, then the descriptors. */
const systemSectors = 16

/** 128 KiB: busybox looks for a label only on volumes that fill its buffer of 68 KiB. */
const fewestSectors = 64

const self = Buffer.from([0])
const parent = Buffer.from([1])

/** Builds the volume. The same input gives the same bytes: all times in it are the epoch. */
export function buildSeedIso(label: string, files: Readonly<Record<string, SeedContent>>): Buffer {
  assertLabelFits(label)
  const root = seedTree(files)
  const plain = layOut(root, plainNaming, systemSectors + 3)
  const joliet = layOut(root, jolietNaming, plain.endSector)
  const { sectors, endSector } = placeFiles(root, joliet.endSector)
  const totalSectors = Math.max(endSector, fewestSectors)

  const volume = Buffer.alloc(totalSectors * sectorBytes)
  const at = (sector: number): Buffer => volume.subarray(sector * sectorBytes)
  writeDescriptor(at(16), 1, totalSectors, plain, Buffer.from(label), Buffer.from(' '))
  writeDescriptor(at(17), 2, totalSectors, joliet, jolietText(label.slice(0, 16)), jolietText(' '))
  writeTerminator(at(18))
  for (const tree of [plain, joliet]) {
    writePathTables(at(tree.pathTableSector), tree)
    for (const folder of tree.folders) writeFolder(at(folder.sector), folder, tree, sectors)
  }
  for (const [file, sector] of sectors) file.content.copy(volume, sector * sectorBytes)
  return volume
}

const sectorsOf = (bytes: number): number => Math.ceil(bytes / sectorBytes)

function placeFiles(root: SeedFolder, firstSector: number): { sectors: Map<SeedFile, number>; endSector: number } {
  const sectors = new Map<SeedFile, number>()
  let sector = firstSector
  for (const { entries } of foldersIn(root)) {
    for (const entry of entries) {
      if (entry.kind === 'folder') continue
      sectors.set(entry, sector)
      sector += sectorsOf(entry.content.length)
    }
  }
  return { sectors, endSector: sector }
}

/** Level by level, as the path table lists them. */
function foldersIn(root: SeedFolder): SeedFolder[] {
  const found = [root]
  // The list grows while it is walked.
  for (const { entries } of found) for (const entry of entries) if (entry.kind === 'folder') found.push(entry)
  return found
}

interface NamedRecord {
  identifier: Buffer
  systemUse: Buffer
}

interface PlacedFolder {
  folder: SeedFolder
  /** Undefined for the root. */
  parent: PlacedFolder | undefined
  identifier: Buffer
  selfUse: Buffer
  /** In the order of their identifiers, as the standard wants them. */
  records: readonly (NamedRecord & { entry: SeedEntry })[]
  sector: number
  sectors: number
}

interface Tree {
  /** The root first. */
  folders: readonly PlacedFolder[]
  pathTableSector: number
  pathTableBytes: number
  endSector: number
}

/** First both path tables, little-endian and big-endian, then the folders. */
function layOut(root: SeedFolder, naming: Naming, firstSector: number): Tree {
  const folders: PlacedFolder[] = []
  const byFolder = new Map<SeedFolder, { parent: PlacedFolder; identifier: Buffer }>()
  for (const folder of foldersIn(root)) {
    const known = byFolder.get(folder)
    const records = folder.entries
      .map((entry, index) => ({ entry, identifier: naming.identify(entry, index), systemUse: naming.systemUse(entry) }))
      .toSorted((one, other) => Buffer.compare(one.identifier, other.identifier))
    const placed: PlacedFolder = {
      folder,
      parent: known?.parent,
      identifier: known?.identifier ?? self,
      selfUse: naming.selfUse(known === undefined),
      records,
      sector: 0,
      sectors: 0,
    }
    placed.sectors = sectorsOf(writeFolderRecords(placed, () => undefined))
    for (const { entry, identifier } of records) if (entry.kind === 'folder') byFolder.set(entry, { parent: placed, identifier })
    folders.push(placed)
  }
  const pathTableBytes = folders.reduce((sum, { identifier }) => sum + pathRecordBytes(identifier), 0)
  let sector = firstSector + 2 * sectorsOf(pathTableBytes)
  for (const folder of folders) {
    folder.sector = sector
    sector += folder.sectors
  }
  return { folders, pathTableSector: firstSector, pathTableBytes, endSector: sector }
}

const recordBytes = ({ identifier, systemUse }: NamedRecord): number => {
  const named = 33 + identifier.length + (identifier.length % 2 === 0 ? 1 : 0)
  return named + systemUse.length + (systemUse.length % 2)
}

/** Calls `write` with each record of a folder and its place, and answers where the last one ends. */
function writeFolderRecords(
  folder: PlacedFolder,
  write: (record: NamedRecord, offset: number, target: SeedEntry | 'self' | 'parent') => void,
): number {
  let offset = 0
  const put = (record: NamedRecord, target: SeedEntry | 'self' | 'parent'): void => {
    const bytes = recordBytes(record)
    // A record never crosses a sector's end, so what is left of a sector stays empty.
    if ((offset % sectorBytes) + bytes > sectorBytes) offset = sectorsOf(offset) * sectorBytes
    write(record, offset, target)
    offset += bytes
  }
  put({ identifier: self, systemUse: folder.selfUse }, 'self')
  put({ identifier: parent, systemUse: Buffer.alloc(0) }, 'parent')
  for (const record of folder.records) put(record, record.entry)
  return offset
}

function writeFolder(target: Buffer, placed: PlacedFolder, tree: Tree, sectors: ReadonlyMap<SeedFile, number>): void {
  const extentOf = (what: SeedEntry | 'self' | 'parent'): Extent => {
    if (what === 'self') return folderExtent(placed)
    if (what === 'parent') return folderExtent(placed.parent ?? placed)
    if (what.kind === 'file') return { kind: 'file', sector: sectors.get(what) ?? 0, sizeBytes: what.content.length }
    const inside = tree.folders.find(({ folder }) => folder === what)
    return folderExtent(inside ?? placed)
  }
  writeFolderRecords(placed, (record, offset, what) => writeRecord(target.subarray(offset), record, extentOf(what)))
}

interface Extent {
  kind: 'file' | 'folder'
  sector: number
  sizeBytes: number
}

const folderExtent = ({ sector, sectors }: PlacedFolder): Extent => ({
  kind: 'folder',
  sector,
  sizeBytes: sectors * sectorBytes,
})

function writeRecord(record: Buffer, { identifier, systemUse }: NamedRecord, { kind, sector, sizeBytes }: Extent): void {
  const bytes = recordBytes({ identifier, systemUse })
  record[0] = bytes
  writeBothEndian32(record, 2, sector)
  writeBothEndian32(record, 10, sizeBytes)
  record.set([70, 1, 1, 0, 0, 0, 0], 18)
  record[25] = kind === 'folder' ? 2 : 0
  writeBothEndian16(record, 28, 1)
  record[32] = identifier.length
  identifier.copy(record, 33)
  systemUse.copy(record, 33 + identifier.length + (identifier.length % 2 === 0 ? 1 : 0))
}

const pathRecordBytes = (identifier: Buffer): number => 8 + identifier.length + (identifier.length % 2)

/** Every folder with the number of the one that holds it: once little-endian, then big-endian in sectors of its own. */
function writePathTables(target: Buffer, { folders, pathTableBytes }: Tree): void {
  const bigEndian = target.subarray(sectorsOf(pathTableBytes) * sectorBytes)
  let offset = 0
  for (const { identifier, parent: outer, sector } of folders) {
    const number = outer === undefined ? 1 : folders.indexOf(outer) + 1
    for (const table of [target, bigEndian]) {
      table[offset] = identifier.length
      identifier.copy(table, offset + 8)
    }
    target.writeUInt32LE(sector, offset + 2)
    target.writeUInt16LE(number, offset + 6)
    bigEndian.writeUInt32BE(sector, offset + 2)
    bigEndian.writeUInt16BE(number, offset + 6)
    offset += pathRecordBytes(identifier)
  }
}

/** `filler` is a space in the descriptor's character set. */
function writeDescriptor(target: Buffer, type: 1 | 2, totalSectors: number, tree: Tree, label: Buffer, filler: Buffer): void {
  const [root] = tree.folders
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
  writeBothEndian32(target, 132, tree.pathTableBytes)
  target.writeUInt32LE(tree.pathTableSector, 140)
  target.writeUInt32BE(tree.pathTableSector + sectorsOf(tree.pathTableBytes), 148)
  if (root !== undefined) writeRecord(target.subarray(156), { identifier: self, systemUse: Buffer.alloc(0) }, folderExtent(root))
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
