// Copies of a store: of one that is open, while it is written; and of one that is closed. A copy is there whole or not at all.

import { constants, existsSync } from 'node:fs'
import { copyFile, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { connect, hasNoRoom } from './sqlite-connection.ts'
import { StoreFull } from './store.ts'
import { runInWorker } from './worker-run.ts'

export interface StoreCopy {
  /** The file of the store, open or not. */
  path: string
  /** Where the copy goes; a copy that is there is replaced. */
  target: string
  /** As for openDiskStore. */
  workerUrl?: URL
}

/**
 * One moment of the store, in a file of its own that openDiskStore would open. The store may be open and written: its writers
 * do not wait, and neither does this thread. Throws StoreFull, and an Error with its cause when no whole copy comes about.
 */
export async function copyStore({ path, target, workerUrl }: StoreCopy): Promise<void> {
  if (!existsSync(path)) throw new Error(`there is no store ${path} to copy`)
  await putInPlace(target, (draft) => copyInWorker(workerUrl, path, draft))
}

/**
 * The file of a closed store, with all its history; quick where the file system shares blocks. Throws StoreFull, and
 * an Error when somebody still has the store open.
 */
export async function copyStoreAside(path: string, target: string): Promise<void> {
  await putInPlace(target, async (draft) => {
    foldIn(path)
    await copyFile(path, draft, constants.COPYFILE_FICLONE)
  })
}

/** Makes a file beside its place and moves it there once it is whole and on the disk. */
export async function putInPlace(target: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = draftOf(target)
  await removeStore(draft)
  try {
    await make(draft)
    await sync(draft)
    await rename(draft, target)
    await sync(dirname(target))
  } catch (error) {
    await removeStore(draft)
    throw hasNoRoom(error) || error instanceof StoreFull ? new StoreFull(target, { cause: error }) : error
  }
}

/** Where a file is made; what lies there after a crash is nobody's. */
const draftOf = (target: string): string => `${target}.new`

/** The file and what SQLite keeps beside it. */
export async function removeStore(path: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '-journal']) await rm(`${path}${ending}`, { force: true })
}

/** Whatever the write-ahead log of a store still holds goes into its file. Throws when somebody else has it open. */
export function foldIn(path: string): void {
  const database = connect(path)
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
  if (existsSync(`${path}-wal`)) throw new Error(`${path} is open somewhere else: close it first`)
}

/** In a thread of its own. Errors come out of it as plain ones, so the reply says which it is. */
async function copyInWorker(url: URL | undefined, path: string, target: string): Promise<void> {
  const reply = await runInWorker(url, { kind: 'copy', path, target })
  if (reply.kind === 'full') throw new StoreFull(target, { cause: reply.cause })
  if (reply.kind === 'failed') throw new Error(`${path} cannot be copied`, { cause: reply.cause })
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path)
  await handle.sync()
}
