// What must outlive the process that migrates: how to take back what it is about to do.

import type { ResourceName } from '../client/index.ts'
import type { FieldChange } from '../deprecation/field-change.ts'
import type { ObjectKey } from '../meta/index.ts'

export type JournalRecord =
  /** An object is about to be rewritten. Whether it was, the object tells. */
  | { kind: 'rewrite'; migration: string; object: RewrittenObject; inverse: readonly FieldChange[] }
  /** Everything before this was taken back. */
  | { kind: 'taken back' }

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
  const open = records.slice(records.findLastIndex(({ kind }) => kind === 'taken back') + 1)
  const latest = new Map<string, RewriteRecord>()
  for (const record of open.toReversed()) {
    if (record.kind !== 'rewrite') continue
    const key = `${record.migration} ${record.object.uid}`
    if (!latest.has(key)) latest.set(key, record)
  }
  return [...latest.values()]
}
