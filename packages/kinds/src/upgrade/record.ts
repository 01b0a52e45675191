// What a journal says, taken together. Pure.

import { type Failure, type StationId, stations } from '@sheaf/upgrade'
import type { Found, JournalEntry, SeenGuest } from './journal.ts'
import type { Rollback } from './rollback/rollback-journal.ts'

export interface StationRecord {
  /** The latest time that it was begun. */
  begunMs?: number
  doneMs?: number
  isUndoing?: true
  isUndone: boolean
}

export interface UpgradeRecord extends Found {
  opened?: { atMs: number; from: string }
  stations: Readonly<Record<StationId, StationRecord>>
  failure?: Failure
  hostServes?: { sinceMs: number; lastWords: string }
  /** As they ran before: when the upgrade began, and again right before the switch. */
  guestsBefore: readonly SeenGuest[]
  finish?: { atMs: number; outcome: 'Succeeded' | 'Failed'; guests: readonly SeenGuest[] }
  isCleanedUp: boolean
  /** The last one, from a journal of its own. */
  rollback?: Rollback
}

export function recordOf(entries: readonly JournalEntry[]): UpgradeRecord {
  return entries.reduce(withEntry, {
    stations: Object.fromEntries(stations.map(({ id }) => [id, { isUndone: false }])) as Record<StationId, StationRecord>,
    guestsBefore: [],
    isCleanedUp: false,
  })
}

function withEntry(record: UpgradeRecord, entry: JournalEntry): UpgradeRecord {
  const { atMs } = entry
  switch (entry.kind) {
    case 'opened':
      return { ...record, opened: { atMs, from: entry.from }, guestsBefore: entry.guests }
    case 'begin': {
      const begun = withStation(record, entry.station, { begunMs: atMs })
      return entry.guests === undefined ? begun : { ...begun, guestsBefore: entry.guests }
    }
    case 'done':
      return { ...withStation(record, entry.station, { doneMs: atMs }), ...entry.found }
    case 'serveFromHost':
      return { ...record, hostServes: { sinceMs: atMs, lastWords: entry.lastWords } }
    case 'turnRound':
      return { ...record, failure: entry.failure }
    case 'undo':
      return withStation(record, entry.station, { isUndoing: true })
    case 'undone':
      return withStation(record, entry.station, { isUndone: true })
    case 'finish':
      return { ...record, finish: { atMs, outcome: entry.outcome, guests: entry.guests } }
    case 'cleanedUp':
      return { ...record, isCleanedUp: true }
  }
  // After a rollback an older release reads what a newer one has written, and leaves what it does not know.
  return record
}

function withStation(record: UpgradeRecord, id: StationId, change: Partial<StationRecord>): UpgradeRecord {
  return { ...record, stations: { ...record.stations, [id]: { ...record.stations[id], ...change } } }
}

/** How long each station took when it was last passed, in milliseconds. The latest record comes last. */
export function historyOf(records: readonly UpgradeRecord[]): Partial<Record<StationId, number>> {
  const history: Partial<Record<StationId, number>> = {}
  for (const { stations: passed } of records)
    for (const { id } of stations) {
      const { begunMs, doneMs } = passed[id]
      if (begunMs !== undefined && doneMs !== undefined) history[id] = doneMs - begunMs
    }
  return history
}
