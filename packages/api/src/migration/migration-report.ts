// What a run of migrations tells, while it runs and in the end. Plain data: it crosses from one process to another.

import type { FieldChange } from '../deprecation/field-change.ts'
import { pathText } from '../deprecation/json-path.ts'

export type MigrationDirection = 'forward' | 'backward'

export interface MigrationProgress {
  migration: string
  done: number
  of: number
}

export interface MigrationRunReport {
  direction: MigrationDirection
  /** Nothing was stored. */
  dryRun: boolean
  /** In the order in which they ran. */
  migrations: readonly { name: string; changed: number }[]
  /** The first changes of each migration: `VirtualMachine shop/web: spec.running: true → absent, …`. */
  samples: readonly string[]
  /** Objects that are as they were, though a migration would change them, or was to be taken back. */
  left: readonly { migration: string; object: string; why: string; next: string }[]
}

/** Enough to see what it is about. */
const samplesEach = 10

export interface ReportWriter {
  changed(object: string, changes: readonly FieldChange[]): void
  left(object: string, why: string, next: string): void
}

export interface GrowingReport {
  of(migration: string): ReportWriter
  finish(): MigrationRunReport
}

export function growReport(direction: MigrationDirection, dryRun: boolean, names: readonly string[]): GrowingReport {
  const changed = new Map(names.map((name) => [name, 0]))
  const samples: string[] = []
  const left: MigrationRunReport['left'][number][] = []
  return {
    of: (migration) => ({
      changed(object, changes) {
        const count = changed.get(migration) ?? 0
        changed.set(migration, count + 1)
        if (count < samplesEach) samples.push(`${object}: ${changes.map(changeText).join(', ')}`)
      },
      left: (object, why, next) => void left.push({ migration, object, why, next }),
    }),
    finish: () => ({
      direction,
      dryRun,
      migrations: [...changed].map(([name, count]) => ({ name, changed: count })),
      samples,
      left,
    }),
  }
}

function changeText({ path, from, to }: FieldChange): string {
  return `${pathText(path)}: ${from === undefined ? 'absent' : JSON.stringify(from)} → ${to === undefined ? 'absent' : JSON.stringify(to)}`
}
