// A second file with all that a store holds, of a store that nobody has open.

import { constants } from 'node:fs'
import { copyFile, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { connect } from './sqlite-connection.ts'

/** Whole and on the disk when it resolves; what was at `target` is replaced. Costs next to nothing where files can share their blocks. */
export async function copyStoreAside(path: string, target: string): Promise<void> {
  foldLogIn(path)
  const draft = `${target}.new`
  await rm(draft, { force: true })
  await copyFile(path, draft, constants.COPYFILE_FICLONE)
  await sync(draft)
  await rename(draft, target)
  await sync(dirname(target))
}

/** A process that was killed, or one that looked in, leaves part of the store in the log beside the file. */
function foldLogIn(path: string): void {
  const database = connect(path)
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

export async function sync(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
