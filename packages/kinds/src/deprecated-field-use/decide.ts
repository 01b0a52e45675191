// What becomes of the uses: a batch of sightings added to what is stored, and which uses are forgotten. Pure.

import { apiVersionOf } from '@sheaf/api/meta'
import { type DeprecatedFieldUse, deprecatedFieldUseDefinition } from '@sheaf/api'
import type { Sighting } from './sightings.ts'

/** Sightings of the same rule, Kind, user and client that are not written yet. Times are RFC 3339. */
export interface Batch {
  /** The latest. */
  sighting: Sighting
  /** The latest first, each once. */
  objects: readonly string[]
  count: number
  firstSeen: string
  lastSeen: string
}

/** Enough to find the place that sends it; whoever sends it for thousands of objects does so from one place. */
const mostObjects = 10

/**
 * Some four screens, and far more than the programs and people of one machine. A client that calls itself otherwise in
 * every request must not fill the disk.
 */
export const mostUses = 500
/** So many are left when there were too many: forgetting one by one would cost three writes for each new one. */
const keptUses = 450

export function batchAfter(before: Batch | undefined, sighting: Sighting, now: string): Batch {
  const { count = 0, firstSeen = now, objects = [] } = before ?? {}
  return { sighting, objects: latestFirst([sighting.object], objects), count: count + 1, firstSeen, lastSeen: now }
}

/** Both of one use, the older one first. */
export function joined(older: Batch, newer: Batch | undefined): Batch {
  if (newer === undefined) return older
  const { sighting, lastSeen, objects, count } = newer
  return {
    sighting,
    lastSeen,
    objects: latestFirst(objects, older.objects),
    count: older.count + count,
    firstSeen: older.firstSeen,
  }
}

export function useAfter(stored: DeprecatedFieldUse | undefined, name: string, batch: Batch): DeprecatedFieldUse {
  const { rule, field, resource, user, client, userAgent } = batch.sighting
  return {
    apiVersion: apiVersionOf(deprecatedFieldUseDefinition),
    kind: deprecatedFieldUseDefinition.kind,
    metadata: stored?.metadata ?? { name },
    rule: rule.id,
    field,
    replacement: rule.replacement,
    resource,
    user,
    client,
    ...(userAgent === '' ? {} : { userAgent }),
    objects: latestFirst(batch.objects, stored?.objects ?? []),
    firstSeen: stored?.firstSeen ?? batch.firstSeen,
    lastSeen: batch.lastSeen,
    count: (stored?.count ?? 0) + batch.count,
  }
}

/** Those that were not seen for longest, when there are too many. */
export function forgotten(uses: readonly DeprecatedFieldUse[]): DeprecatedFieldUse[] {
  if (uses.length <= mostUses) return []
  const byAge = uses.toSorted((one, other) => Date.parse(one.lastSeen) - Date.parse(other.lastSeen))
  return byAge.slice(0, uses.length - keptUses)
}

function latestFirst(newer: readonly string[], older: readonly string[]): string[] {
  return [...new Set([...newer, ...older])].slice(0, mostObjects)
}
