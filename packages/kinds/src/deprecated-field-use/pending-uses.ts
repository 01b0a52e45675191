// Sightings that wait to be written. A request only leaves a note here: it never waits for it, and never writes itself.

import { createHash } from 'node:crypto'
import { type Clock, timestamp } from '@sheaf/api/meta'
import type { Enqueue } from '@sheaf/machinery/controller'
import { type Batch, batchAfter, joined } from './decide.ts'
import type { Sighting } from './sightings.ts'

/** How long sightings are gathered: so much is lost when the process is killed, and no use is written more often. */
const gatherMs = 5_000
/** Twice what is ever stored. More different ones within seconds come from somebody who calls himself otherwise each time. */
const mostPending = 1_000

export interface PendingUses {
  add: (sighting: Sighting) => void
  /** Gives out what waits under this name. */
  take(name: string): Batch | undefined
  /** It could not be written: it waits on. */
  putBack(name: string, batch: Batch): void
  names(): string[]
  /** When sightings were dropped last because there were too many, until that is written down. */
  overflow(): string | undefined
  overflowIsWritten(at: string): void
  /** Calls `enqueue` with the names of what was gathered, until the function that it returns is called. */
  start(enqueue: Enqueue): () => void
}

export function createPendingUses(clock: Clock): PendingUses {
  const batches = new Map<string, Batch>()
  let overflow: string | undefined
  let enqueue: Enqueue | undefined
  let isGathering = false

  function gather(): void {
    if (isGathering) return
    isGathering = true
    clock.after(gatherMs, () => {
      isGathering = false
      for (const name of batches.keys()) enqueue?.({ namespace: '', name })
    })
  }

  return {
    add(sighting) {
      const name = useName(sighting)
      const now = timestamp(clock)
      const before = batches.get(name)
      if (before === undefined && batches.size >= mostPending) overflow = now
      else batches.set(name, batchAfter(before, sighting, now))
      gather()
    },
    take(name) {
      const batch = batches.get(name)
      batches.delete(name)
      return batch
    },
    putBack: (name, batch) => void batches.set(name, joined(batch, batches.get(name))),
    names: () => [...batches.keys()],
    overflow: () => overflow,
    overflowIsWritten: (at) => void (overflow = overflow === at ? undefined : overflow),
    start(given) {
      enqueue = given
      return () => void (enqueue = undefined)
    },
  }
}

/** The same for the same rule, Kind, user and client, so that a use is found again without looking for it. */
export function useName({ rule, resource, user, client }: Sighting): string {
  const hash = createHash('sha256').update(JSON.stringify([rule.id, resource.group, resource.kind, user, client]))
  return `${rule.id}-${resource.kind.toLowerCase()}-${hash.digest('hex').slice(0, 16)}`
}
