// What a rollback has done, in a journal of its own beside that of the upgrade whose way it goes back: releases that know
// nothing of rollbacks read the other one.

import type { MigrationReport } from '../platform.ts'

export interface RollbackJournal {
  /** On the disk when it resolves. */
  append(entry: RollbackEntry): Promise<void>
  read(): Promise<RollbackEntry[]>
}

export type RollbackEntry = { atMs: number; id: string } & (
  | ({ kind: 'begun' } & Beginning)
  /** What is stored is said in the words of the release that is to come. */
  | { kind: 'rewritten'; report: MigrationReport }
  /** It does not come about: the rewriting is to be undone. */
  | { kind: 'givenUp'; why: string }
  /** The other release runs, or what was given up is undone. */
  | { kind: 'ended' }
)

interface Beginning {
  from: string
  to: string
  /** Whether what the upgrade rewrote is taken back, or, where a rollback is itself taken back, done again. */
  direction: 'backward' | 'forward'
  /** Migrations that the other release knows as well. */
  keep: readonly string[]
  /** That carries it out. */
  process: string
}

export interface Rollback extends Beginning {
  /** Of the trial. */
  id: string
  begunMs: number
  rewritten?: MigrationReport
  givenUp?: string
  endedMs?: number
}

/** The last one; undefined when there was none. Pure. */
export function rollbackOf(entries: readonly RollbackEntry[]): Rollback | undefined {
  return entries.reduce<Rollback | undefined>(withEntry, undefined)
}

function withEntry(rollback: Rollback | undefined, { atMs, ...entry }: RollbackEntry): Rollback | undefined {
  if (entry.kind === 'begun') {
    const { kind: _, ...begun } = entry
    return { ...begun, begunMs: atMs }
  }
  if (rollback?.id !== entry.id) return rollback
  switch (entry.kind) {
    case 'rewritten':
      return { ...rollback, rewritten: entry.report }
    case 'givenUp':
      return { ...rollback, givenUp: entry.why }
    case 'ended':
      return { ...rollback, endedMs: atMs }
  }
}

export const isOpen = (rollback: Rollback | undefined): boolean => rollback !== undefined && rollback.endedMs === undefined

/** It came about. */
export const hasEndedWell = ({ endedMs, givenUp }: Rollback): boolean => endedMs !== undefined && givenUp === undefined
