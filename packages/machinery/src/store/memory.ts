// A store for tests and simulations: the same rules, nothing outlives the process.

import { RevisionIndex } from './revision-index.ts'
import { type Journal, RevisionedStore, type StoreOptions } from './revisioned-store.ts'
import type { Store } from './store.ts'

/** Opens an empty store that lives in memory. */
export function openMemoryStore(options?: StoreOptions): Store {
  return new RevisionedStore(new RevisionIndex(), FORGETFUL_JOURNAL, options)
}

const FORGETFUL_JOURNAL: Journal = {
  append: async () => {},
  compact: async () => {},
  close: async () => {},
}
