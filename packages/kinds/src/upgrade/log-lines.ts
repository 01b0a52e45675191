// The journal in words: what the log of an upgrade says of each entry. Pure.

import { stationOf } from '@sheaf/upgrade'
import type { JournalEntry } from './journal.ts'
import { movesText } from './moves-text.ts'
import type { UpgradeLogLine } from './platform.ts'

export function logLineOf(entry: JournalEntry): UpgradeLogLine {
  const station = 'station' in entry ? { station: entry.station } : {}
  return {
    time: new Date(entry.atMs).toISOString(),
    level: entry.kind === 'turnRound' ? 'error' : 'info',
    ...station,
    message: messageOf(entry),
  }
}

function messageOf(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'opened':
      return `${entry.from} is to be upgraded; ${entry.guests.length} guests run`
    case 'begin':
      return `begins: ${stationOf(entry.station).title}`
    case 'done':
      return `done: ${stationOf(entry.station).title}${foundText(entry.found ?? {})}`
    case 'serveFromHost':
      return `the repo VM did not answer in time: the host serves the same files${entry.lastWords === '' ? '' : `. The last that its console said: ${entry.lastWords}`}`
    case 'turnRound':
      return `turns round (${entry.failure.reason}): ${entry.failure.message}`
    case 'undo':
      return `undoes: ${stationOf(entry.station).undo ?? stationOf(entry.station).title}`
    case 'undone':
      return `undone: ${stationOf(entry.station).undo ?? stationOf(entry.station).title}`
    case 'finish':
      return `ends: ${entry.outcome}; ${entry.guests.length} guests run`
    case 'cleanedUp':
      return 'what was made for the upgrade is gone; this log and the record stay'
  }
}

function foundText({ release, rehearsal, migrations, moves }: Extract<JournalEntry, { kind: 'done' }>['found'] & {}): string {
  if (release !== undefined) return ` (${release.version}, signed by the key ${release.keyId})`
  if (rehearsal !== undefined) return ` (${rehearsal.changes} objects would be rewritten, in ${rehearsal.tookMs} ms)`
  if (moves !== undefined) return ` (${movesText(moves)})`
  return migrations === undefined ? '' : ` (${migrations.changed} objects were rewritten)`
}
