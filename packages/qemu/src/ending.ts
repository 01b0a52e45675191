// What an announced end still means. Who announces one may die before it comes, and the guest may run on for months.

import type { QmpEvent } from './qmp/protocol.ts'

export type EndingRecord =
  | { kind: 'kill' | 'remove'; at: string }
  /** `until`: an end after this has another cause. */
  | { kind: 'host-shutdown'; at: string; until: string }

/** A guest that was told to shut down and is not ended at the end of its grace period may still be about to. */
const lateMs = 120_000

export function hostShutdown(atMs: number, graceMs: number): EndingRecord {
  const [at, until] = [atMs, atMs + graceMs + lateMs].map((ms) => new Date(ms).toISOString()) as [string, string]
  return { kind: 'host-shutdown', at, until }
}

/** Undefined when it came to nothing. A shutdown of the host that really came, as its next boot shows, is one for ever. */
export function endingInForce(
  ending: EndingRecord | undefined,
  { atMs, isOfThisBoot }: { atMs: number; isOfThisBoot: boolean },
): EndingRecord | undefined {
  if (ending?.kind !== 'host-shutdown' || !isOfThisBoot) return ending
  return atMs <= Date.parse(ending.until) ? ending : undefined
}

/** When the machine ended, by its own words: it may be long before anybody looks. */
export function endedAtMs(events: readonly QmpEvent[], nowMs: number): number {
  return events.find(({ name }) => name === 'SHUTDOWN' || name === 'GUEST_PANICKED')?.at.getTime() ?? nowMs
}
