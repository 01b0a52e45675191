// What an upgrade has done, line by line, each on the disk before what it announces happens. What the world shows of a
// station is seen there; what it cannot show (that a signature held, why the way turned round) is only here.

import type { Failure, StationId } from '@sheaf/upgrade'
import type { MigrationReport, Rehearsal, Release } from './platform.ts'

/** One upgrade's file. */
export interface Journal {
  /** On the disk when it resolves. */
  append(entry: JournalEntry): Promise<void>
  /** A line that was cut off by a power failure is left out. */
  read(): Promise<JournalEntry[]>
}

/** A guest as it ran at a moment: the same guest has the same start, and the same process the same pid too. */
export interface SeenGuest {
  /** `namespace/name`. */
  name: string
  /** Uid of the instance. */
  id: string
  pid: number
  startedAt: string
  /** Processes that it was moved away from. */
  earlierPids?: readonly number[]
}

export type JournalEntry = { atMs: number } & (
  | { kind: 'opened'; from: string; guests: readonly SeenGuest[] }
  /** Before anything of a station is done. `guests`: before the switch. */
  | { kind: 'begin'; station: StationId; guests?: readonly SeenGuest[] }
  | { kind: 'done'; station: StationId; found?: Found }
  | { kind: 'serveFromHost'; lastWords: string }
  | { kind: 'turnRound'; failure: Failure }
  | { kind: 'undo'; station: StationId }
  | { kind: 'undone'; station: StationId }
  | { kind: 'finish'; outcome: 'Succeeded' | 'Failed'; guests: readonly SeenGuest[] }
  | { kind: 'cleanedUp' }
)

/** What a station found out that later ones need, and that the report tells. */
export interface Found {
  release?: Release
  rehearsal?: Rehearsal
  migrations?: MigrationReport
  moves?: GuestMoves
}

/** What became of the guests that an older QEMU ran. */
export interface GuestMoves {
  moved: readonly { name: string; from: string; to: string; pausedMs?: number }[]
  /** They run on where they are. */
  left: readonly { name: string; why: string }[]
}
