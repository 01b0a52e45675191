// A file is either the old one or the new one, whatever happens in between.

import { chmodSync, closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Through links, so that a link stays one; with the mode of the old file. */
export function writeAtomically(path: string, content: string): void {
  const target = realpathSync(path)
  const { mode } = statSync(target)
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.sheaf`)
  try {
    const file = openSync(temporary, 'wx')
    try {
      writeWhole(file, Buffer.from(content, 'utf8'))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    chmodSync(temporary, mode & 0o7777)
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(file, bytes, written)
}
