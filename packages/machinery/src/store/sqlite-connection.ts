// A connection whose commits are durable, and the sorts of trouble it can have.

import { DatabaseSync } from 'node:sqlite'

/** A reader from outside (a backup, somebody looking in) may hold the file for a moment. */
export const BUSY_TIMEOUT_MS = 5_000

/** SQLite's primary result codes. The first is what a statement of ours gets where a table is missing. */
const SQLITE_ERROR = 1
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** The extended code of a connection that finds no room for its `-shm` file. */
const SQLITE_IOERR_SHMSIZE = 4874

/** Opens or creates the file. WAL with a full sync: a commit returns when its pages are on the disk. */
export function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** All of `act` in one commit, or nothing. */
export function transact(database: DatabaseSync, act: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    act()
    database.exec('COMMIT')
  } catch (error) {
    // A full disk makes SQLite roll back by itself at some places and not at others.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** The disk was full and the transaction left nothing behind. */
export function isDiskFull(error: unknown): boolean {
  return primaryCode(error) === SQLITE_FULL
}

/** The disk is too full even to open what is there. */
export function lacksRoomToOpen(error: unknown): boolean {
  return isDiskFull(error) || resultCode(error) === SQLITE_IOERR_SHMSIZE
}

/** The disk was too full for a file, whether SQLite or the system says so. */
export function hasNoRoom(error: unknown): boolean {
  const isSystems = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  return isSystems || lacksRoomToOpen(error)
}

export function isDamage(error: unknown): boolean {
  const code = primaryCode(error)
  return code === SQLITE_ERROR || code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

function primaryCode(error: unknown): number {
  return resultCode(error) & 0xff
}

/** 0 for what is no error of SQLite. */
function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0
}
