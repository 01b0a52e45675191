// How a conformance test gets its store.

import type { StoreOptions } from '../revisioned-store.ts'
import type { Store } from '../store.ts'

export interface StoreUnderTest {
  store: Store
  /** Closes it and opens it again on the same content; absent where nothing outlives the process. */
  reopen?: (store: Store) => Promise<Store>
  /** Closes it and leaves nothing behind. */
  dispose: () => Promise<void>
}

/** Opens an empty store that is disposed of at the end of the test. */
export type Open = (options?: StoreOptions) => Promise<Store>
