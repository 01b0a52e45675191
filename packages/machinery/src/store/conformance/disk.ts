// A disk store in a folder of its own, for tests.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskStore } from '../disk.ts'
import type { StoreOptions } from '../revisioned-store.ts'
import type { StoreUnderTest } from './open.ts'

export async function openTemporaryDiskStore(options: StoreOptions = {}): Promise<StoreUnderTest & { path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-store-'))
  const path = join(folder, 'store.db')
  let store = await openDiskStore({ path, ...options })
  return {
    store,
    path,
    reopen: async (previous) => {
      await previous.close()
      store = await openDiskStore({ path, ...options })
      return store
    },
    dispose: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
}
