// Puts the guest into a local image library, so that manifests can name it.

import { join } from 'node:path'
import { agentGuestReference, buildGuest, guestReference, packageCache } from './build-guest.ts'
import type { Log } from './distribution.ts'
import type { GuestImage } from './guest-image.ts'

/** `sheaf.local/guest:latest` is the folder `sheaf.local/guest/latest` of the library. An intact image is left as it is. */
export async function ensureGuestImage(libraryFolder: string, log: Log = console.log): Promise<GuestImage> {
  return await buildGuest({
    outputFolder: join(libraryFolder, guestReference.replace(':', '/')),
    cacheFolder: packageCache(),
    log,
  })
}

/** `sheaf.local/guest-agent:latest`: the guest with QEMU's guest agent. */
export async function ensureAgentGuestImage(libraryFolder: string, log: Log = console.log): Promise<GuestImage> {
  return await buildGuest({
    outputFolder: join(libraryFolder, agentGuestReference.replace(':', '/')),
    cacheFolder: packageCache(),
    log,
    withAgent: true,
  })
}
