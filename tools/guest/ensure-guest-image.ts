// Puts the guest into a local image library, so that manifests can name it.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { buildGuest, guestReference } from './build-guest.ts'
import type { Log } from './distribution.ts'
import type { GuestImage } from './guest-image.ts'

/** `sheaf.local/guest:latest` is the folder `sheaf.local/guest/latest` of the library. An intact image is left as it is. */
export async function ensureGuestImage(libraryFolder: string, log: Log = console.log): Promise<GuestImage> {
  return await buildGuest({ outputFolder: join(libraryFolder, guestReference.replace(':', '/')), cacheFolder: packageCache(), log })
}

/** Downloaded packages are kept where the user's other programs keep theirs. */
export function packageCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sheaf', 'guest')
}
