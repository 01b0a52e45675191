// A simulated machine with a control plane on it, as a test opens and closes it.

import { expect } from 'vitest'
import { prepareStore, startControlPlane } from './control-plane.ts'
import { type Host, openHost } from './host.ts'
import type { Platform } from './pace.ts'

export async function openPlatform(host: Host = openHost()): Promise<Platform> {
  const plane = startControlPlane(host)
  await prepareStore(plane)
  return { host, plane, heldUntilMs: 0 }
}

/** And sees that nobody broke a rule of the machine, or complained. */
export function closePlatform({ host, plane }: Platform): void {
  plane.kill()
  host.close()
  expect([...host.breaches, ...plane.complaints]).toEqual([])
}
