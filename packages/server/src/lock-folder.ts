// The lock of the data folder, for whoever may find its predecessor on the way out.

import { setTimeout as pause } from 'node:timers/promises'
import { acquireInstanceLock, type InstanceLock, InstanceLocked } from '@sheaf/machinery/store'

/** A release that was ended takes a second to go, and is killed when it does not. */
const predecessorMs = 15_000
const lookMs = 50

/** Throws InstanceLocked: at once, or after the time that a predecessor may take. */
export async function lockFolder(root: string, { waits }: { waits: boolean }): Promise<InstanceLock> {
  const untilMs = performance.now() + (waits ? predecessorMs : 0)
  for (;;) {
    try {
      return await acquireInstanceLock(root)
    } catch (error) {
      if (!(error instanceof InstanceLocked) || performance.now() >= untilMs) throw error
      await pause(lookMs)
    }
  }
}
