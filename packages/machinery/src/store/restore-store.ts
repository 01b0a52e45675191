// Puts a copy in the place of a closed store, as a store that nobody can mistake for an earlier one: its next revision comes
// after every revision that was ever told, and whoever stands somewhere in between is told to list anew.

import { constants } from 'node:fs'
import { copyFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sync } from './copy-store.ts'
import { loadContent } from './disk-format.ts'
import { connect, transact } from './sqlite-connection.ts'

export interface StoreRestore {
  /** The store that is replaced. Nobody has it open. */
  path: string
  /** Stays where it is. */
  copy: string
  /** A revision that the replaced store has certainly not gone beyond, for the case that it cannot say so itself. */
  floor: number
}

/**
 * Gives the revision at which the store goes on. Killed at any instant it may be done again. Throws StoreUnreadable when the
 * copy is not whole; nothing is replaced then.
 */
export async function restoreStore({ path, copy, floor }: StoreRestore): Promise<number> {
  const draft = `${path}.new`
  for (const part of ['', '-wal', '-shm']) await rm(`${draft}${part}`, { force: true })
  await copyFile(copy, draft, constants.COPYFILE_FICLONE)
  // One more than was given out: a watch from the very last of those must not be granted either.
  const revision = Math.max(floor, lastRevisionIn(path), revisionOf(draft)) + 1
  forgetHistory(draft, revision)
  await sync(draft)
  // The log of what is replaced would be read into what replaces it.
  for (const beside of ['-wal', '-shm']) await rm(`${path}${beside}`, { force: true })
  await rename(draft, path)
  await sync(dirname(path))
  return revision
}

function revisionOf(path: string): number {
  const { compactedRevision, history } = loadContent(path)
  return compactedRevision + history.length
}

/** Of a store that is to be replaced, which may be damaged or gone. */
function lastRevisionIn(path: string): number {
  try {
    return revisionOf(path)
  } catch {
    return 0
  }
}

/** An empty log that begins at that revision: every one before it is as one that was compacted away. */
function forgetHistory(path: string, revision: number): void {
  const database = connect(path)
  try {
    transact(database, () => {
      database.exec('DELETE FROM log')
      database.prepare("UPDATE meta SET value = :revision WHERE name = 'compacted_revision'").run({ revision })
    })
  } finally {
    database.close()
  }
}
