// The program as a release carries it: everything that runs it, without the network and without this checkout.

import { chmod, copyFile, cp, mkdir, readdir, stat } from 'node:fs/promises'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { create } from 'tar'
import { buildPrograms } from '../build.ts'

export interface Payload {
  unpackedBytes: number
  unpackedFiles: number
}

/** Everything gets this time: the same program gives the same archive. */
const fixedTime = new Date(0)
/** The node in it compresses to a third either way; more effort takes minutes and saves a tenth. */
const compressionLevel = 9

/** `bin/sheaf`, `bin/node` and `dist/` below the folder, as they will lie in a slot. */
export async function stagePayload(root: string, folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true })
  const node = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  await copyFile(node, join(folder, 'bin', 'node'))
  await copyFile(join(root, 'bin', 'sheaf'), join(folder, 'bin', 'sheaf'))
  for (const program of ['node', 'sheaf']) await chmod(join(folder, 'bin', program), 0o755)
  await buildPrograms(join(folder, 'dist'))
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

export async function packPayload(folder: string, archive: string): Promise<Payload> {
  const files = await filesBelow(folder)
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(folder, path))).size))
  const packed = create({ cwd: folder, portable: true, mtime: fixedTime, noDirRecurse: true }, files)
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } })
  await pipeline(packed, compress, createWriteStream(archive))
  return { unpackedBytes: sizes.reduce((sum, size) => sum + size, 0), unpackedFiles: files.length }
}

/** Sorted; folders come about by the files in them. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return files.map((path) => path.slice(folder.length + 1)).toSorted()
}
