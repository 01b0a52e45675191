// Whether a deprecated field can go: nobody sends it, nothing is stored with it, and somebody looked for long enough. Pure.

import type { DeprecatedFieldUse, DeprecationRule } from '@sheaf/api'

export type Verdict =
  | { kind: 'sent'; latest: DeprecatedFieldUse }
  | { kind: 'stored'; objects: number }
  /** Nobody sent it since `since`, which is not long enough. */
  | { kind: 'too early'; since: string }
  | { kind: 'safe'; since: string }
  | { kind: 'unknown'; why: string }

export interface Evidence {
  /** Of this rule. */
  uses: readonly DeprecatedFieldUse[]
  /** How many objects are stored with it. */
  stored: number
  /** Since when the uses are complete; undefined where nobody counts. */
  completeSince: string | undefined
  /** Why not all that is stored could be looked at. */
  unreadable: string | undefined
}

export function verdictOf({ uses, stored, completeSince, unreadable }: Evidence, unusedForMs: number, nowMs: number): Verdict {
  const latest = uses.toSorted((one, other) => Date.parse(other.lastSeen) - Date.parse(one.lastSeen))[0]
  if (latest !== undefined && nowMs - Date.parse(latest.lastSeen) < unusedForMs) return { kind: 'sent', latest }
  if (stored > 0) return { kind: 'stored', objects: stored }
  if (unreadable !== undefined) return { kind: 'unknown', why: unreadable }
  if (completeSince === undefined) return { kind: 'unknown', why: 'this server does not count who sends what' }
  const since = latest !== undefined && Date.parse(latest.lastSeen) > Date.parse(completeSince) ? latest.lastSeen : completeSince
  return { kind: nowMs - Date.parse(since) < unusedForMs ? 'too early' : 'safe', since }
}

/** What takes no part: the server refuses it anyway, so that nobody can depend on it. */
export const isRemovable = ({ severity }: DeprecationRule): boolean => severity !== 'refused'
