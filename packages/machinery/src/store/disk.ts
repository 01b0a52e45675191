// A store in one SQLite file. Reads come from memory, writes go through a worker thread.

import { loadContent, MEND, StoreUnreadable } from './disk-format.ts'
import { RevisionIndex } from './revision-index.ts'
import { RevisionedStore, type StoreOptions } from './revisioned-store.ts'
import { type Store, StoreFailed } from './store.ts'
import { WorkerJournal } from './worker-journal.ts'

export interface DiskStoreOptions extends StoreOptions {
  /** The file; SQLite keeps `-wal` and `-shm` beside it. Its folder must exist. */
  path: string
  /** The worker's own file; a bundle names the one it made of `disk-worker.ts`. */
  workerUrl?: URL
}

/**
 * Opens the store at `path`, or creates it. One process at a time: hold the instance lock of its folder.
 * Throws StoreUnreadable, which says what to do, or StoreFull.
 */
export async function openDiskStore({ path, workerUrl, ...options }: DiskStoreOptions): Promise<Store> {
  // The thread boots while this one reads the file.
  const journal = new WorkerJournal(path, workerUrl ?? new URL('./disk-worker.ts', import.meta.url))
  try {
    const index = new RevisionIndex(loadContent(path))
    await journal.open()
    // All requests that the loop finds waiting write into one commit.
    return new RevisionedStore(index, journal, { soon: setImmediate, ...options })
  } catch (error) {
    await journal.close()
    if (!(error instanceof StoreFailed)) throw error
    throw new StoreUnreadable(path, 'the thread that writes does not start', MEND, { cause: error.cause })
  }
}
