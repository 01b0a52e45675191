// Waits until controllers have done what they have to do: until nothing more is written.

import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '@sheaf/machinery/store'

/** What is written for ever: signs of life, and what is told about others. */
const everBusy = ['/coordination.k8s.io/', '/core/nodes/', '/core/events/', '/sheaf.io/']
/** Controllers act within milliseconds of what they see; what they do later they do because time has passed. */
const quietMs = 1_500
/** Thousands of objects are looked at within seconds. */
const deadlineMs = 60_000
const lookMs = 50

/** Answers the key that was still written at the end of its time, or undefined. */
export async function comeToRest(store: Store, signal: AbortSignal): Promise<string | undefined> {
  const startedMs = performance.now()
  let last = { key: '', atMs: startedMs }
  const subscription = store.watch('', store.revision, ({ key }) => {
    if (!everBusy.some((prefix) => key.startsWith(prefix))) last = { key, atMs: performance.now() }
  })
  try {
    while (performance.now() - last.atMs < quietMs) {
      if (performance.now() - startedMs > deadlineMs) return last.key
      await pause(lookMs, undefined, { signal })
    }
    return undefined
  } finally {
    subscription.close()
  }
}
