// An event is kept for an hour after it last happened.

import { type Event, eventDefinition } from '@sheaf/api'
import { isConflict, isNotFound, keyOf, type ObjectKey } from '@sheaf/api/meta'
import { after, done, type Informer, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'

/** As kube-apiserver. */
const lifetimeMs = 60 * 60 * 1000

export async function reconcileEvent(key: ObjectKey, events: Informer<Event>, ports: Ports): Promise<Result> {
  const event = events.get(key)
  if (event === undefined) return done
  const leftMs = lastHappenedMs(event) + lifetimeMs - ports.clock.now()
  if (leftMs > 0) return after(leftMs)
  const { uid, resourceVersion } = event.metadata
  try {
    // Only in the state that was looked at: it may have happened again a moment ago.
    await ports.client
      .resource<Event>(eventDefinition)
      .delete(keyOf(event), { preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) } })
  } catch (error) {
    // Gone, or changed: its next state brings the key again.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
  return done
}

/** The latest of the times that an event carries; different reporters fill different ones. */
export function lastHappenedMs({ metadata, series, eventTime, firstTimestamp, lastTimestamp }: Event): number {
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, firstTimestamp, metadata.creationTimestamp]
  return Math.max(0, ...times.map((time) => Date.parse(time ?? '')).filter((ms) => !Number.isNaN(ms)))
}
