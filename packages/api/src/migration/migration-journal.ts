// What must outlive the process that migrates: how to take back what it is about to do.

import type { ResourceName } from '../client/index.ts'
import type { FieldChange } from '../deprecation/field-change.ts'
import type { ObjectKey } from '../meta/index.ts'

export type JournalRecord =
  /** An object is about to be rewritten. Whether it was, the object tells. */
  | { kind: 'rewrite'; migration: string; object: RewrittenObject; inverse: readonly FieldChange[] }
  /** Everything before this was taken back: of these migrations, or of all of them. */
  | { kind: 'taken back'; migrations?: readonly string[] }

export interface RewrittenObject extends ObjectKey {
  resource: ResourceName
  uid: string
}

export interface MigrationJournal {
  read(): Promise<readonly JournalRecord[]>
  /** On the disk when it resolves. */
  append(records: readonly JournalRecord[]): Promise<void>
}

export type RewriteRecord = Extract<JournalRecord, { kind: 'rewrite' }>

/** What is to be taken back: of each object its latest rewriting, the latest of all first. */
export function openRewrites(records: readonly JournalRecord[]): RewriteRecord[] {
  const latest = new Map<string, RewriteRecord>()
  const closed = new Set<string>()
  for (const record of records.toReversed()) {
    if (record.kind === 'taken back') {
      if (record.migrations === undefined) break
      for (const name of record.migrations) closed.add(name)
    } else if (!closed.has(record.migration)) {
      const key = `${record.migration} ${record.object.uid}`
      if (!latest.has(key)) latest.set(key, record)
    }
  }
  return [...latest.values()]
}
