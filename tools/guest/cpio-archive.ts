// Writes a cpio archive in the "newc" format, the one that the Linux kernel unpacks as its first file system.

export type CpioEntry =
  | { kind: 'file'; path: string; mode: number; content: Uint8Array }
  | { kind: 'folder'; path: string }
  | { kind: 'character-device'; path: string; mode: number; major: number; minor: number }

// File types as stat(2) gives them.
const folderType = 0o040000
const characterDeviceType = 0o020000
const fileType = 0o100000

/** Folders must stand before what they hold: the kernel creates entries in the order of the archive. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const records = entries.map((entry, index) => writeRecord(entry, index + 1))
  return Buffer.concat([...records, record('TRAILER!!!', { inode: 0, mode: 0, major: 0, minor: 0 }, new Uint8Array())])
}

function writeRecord(entry: CpioEntry, inode: number): Buffer {
  const nothing = new Uint8Array()
  switch (entry.kind) {
    case 'file':
      return record(entry.path, { inode, mode: fileType | entry.mode, major: 0, minor: 0 }, entry.content)
    case 'folder':
      return record(entry.path, { inode, mode: folderType | 0o755, major: 0, minor: 0 }, nothing)
    case 'character-device':
      return record(
        entry.path,
        { inode, mode: characterDeviceType | entry.mode, major: entry.major, minor: entry.minor },
        nothing,
      )
  }
}

function record(path: string, node: { inode: number; mode: number; major: number; minor: number }, content: Uint8Array): Buffer {
  const name = Buffer.from(`${path}\0`)
  // inode, mode, uid, gid, links, mtime, size, device (major, minor), device this is (major, minor), name's length, checksum.
  // Owner and time are zero, so that the same content always gives the same bytes.
  const numbers = [node.inode, node.mode, 0, 0, 1, 0, content.length, 0, 0, node.major, node.minor, name.length, 0]
  const header = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`)
  return Buffer.concat([padToFour(Buffer.concat([header, name])), padToFour(Buffer.from(content))])
}

function padToFour(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}
