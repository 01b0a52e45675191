// What an upgrade does to the store, as the server does it.

import type { Platform } from '@sheaf/kinds'
import { migrateRelease } from './migrate-release.ts'
import { rehearseRelease, type ReleasePrograms } from './rehearse-release.ts'
import { storeCopies } from './store-copies.ts'

export function storePlatform(programs: ReleasePrograms): Pick<Platform, 'store' | 'rehearse' | 'migrate'> {
  return {
    store: storeCopies(programs.folder, programs.workerUrl),
    rehearse: rehearseRelease(programs),
    migrate: migrateRelease(programs),
  }
}
