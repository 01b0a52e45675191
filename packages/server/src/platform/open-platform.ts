// The installation that this server is a part of, as upgrades see it: put together of what each part can do.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Platform } from '@sheaf/kinds'
import type { DataFolder } from '../data-folder.ts'
import type { RenewedCredentials } from '../renewed-credentials.ts'
import type { SupervisorChannel } from '../supervisor/channel.ts'
import { releaseFolder } from '../supervisor/slots.ts'
import { installationFacts } from './installation-facts.ts'
import { releaseFiles } from './release-files.ts'
import { storePlatform } from './store-platform.ts'
import { supervisedReleases } from './supervised-releases.ts'
import { upgradeRecords } from './upgrade-records.ts'

export interface PlatformOptions {
  /** Undefined for a server that was started by hand: it has no slots, and says so when it is asked to fill one. */
  supervisor: SupervisorChannel | undefined
  folder: DataFolder
  workerUrl: URL
  credentials: Pick<RenewedCredentials, 'ends' | 'renew'>
}

export function openPlatform({ supervisor, folder, workerUrl, credentials }: PlatformOptions): Platform {
  const prefix = supervisor?.prefix
  const programOf = (version: string): string => {
    if (prefix === undefined) throw new Error('this server was not started by the supervisor: there are no releases beside it')
    return join(releaseFolder(prefix, version), 'bin', 'sheaf')
  }
  const stores = storePlatform({ folder, workerUrl, programOf })
  const records = upgradeRecords({ folder, prefix })
  return {
    process: randomUUID(),
    ...supervisedReleases(supervisor),
    ...stores,
    ...records,
    async forget(id) {
      await stores.store.removeCopies(id)
      await records.forget(id)
    },
    releases: releaseFiles(prefix),
    facts: installationFacts({ folder, prefix, credentials, workerUrl }),
    renewCertificates: (withinMs) => credentials.renew(withinMs),
  }
}
