// Puts a copy in the place of a closed store, as the next chapter of the same story: its revisions go on above all that the
// replaced store may have given out, and whoever holds one of those is told that it has expired.

import { constants, existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { foldIn, putInPlace } from './copy-store.ts'
import { loadContent, lookAtRevision, StoreUnreadable } from './disk-format.ts'
import { connect, isDamage, transact } from './sqlite-connection.ts'

export interface StoreRestore {
  /** The store that is replaced. Nobody has it open. */
  path: string
  /** Stays where it is. */
  copy: string
  /** A revision that the replaced store has certainly not gone beyond, for the case that it cannot say so itself. */
  floor: number
}

/**
 * Gives the revision at which the store goes on. Killed at any instant it leaves the store as it was or restored, and may be
 * done again. Throws StoreUnreadable when the copy is not whole, StoreFull, and an Error when the store is open; nothing is
 * replaced then.
 */
export async function restoreStore({ path, copy, floor }: StoreRestore): Promise<number> {
  let revision = floor
  await putInPlace(path, async (draft) => {
    await copyFile(copy, draft, constants.COPYFILE_FICLONE)
    const copied = checkedRevision(draft, copy)
    // One more than was given out: a watch from the very last of those must not be granted either.
    revision = Math.max(floor, lookAtRevision(path) ?? 0, copied) + 1
    forgetHistory(draft, revision)
    await foldInReplaced(path)
  })
  return revision
}

function checkedRevision(draft: string, copy: string): number {
  try {
    // Asked first: to load what holds nothing at all is to begin an empty store.
    const revision = lookAtRevision(draft)
    if (revision === undefined) throw new StoreUnreadable(draft, 'it holds no store', useAnother)
    loadContent(draft)
    return revision
  } catch (error) {
    throw error instanceof StoreUnreadable
      ? new StoreUnreadable(copy, 'the copy is not whole', useAnother, { cause: error })
      : error
  }
}

const useAnother = 'Use another copy; nothing was replaced'

/** The past of the copy is true, but a log with a gap would not be dense: what comes next begins a new one. */
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
  foldIn(path)
}

/** A write-ahead log that outlived its file would be read into the next one. What is damaged already may lose it. */
async function foldInReplaced(path: string): Promise<void> {
  if (existsSync(path)) {
    try {
      return foldIn(path)
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
  for (const beside of ['-wal', '-shm']) await rm(`${path}${beside}`, { force: true })
}
