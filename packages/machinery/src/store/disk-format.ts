// The file of a store: the objects as they are, and for each later revision what it replaced (an undo log: the new
// text is in the next row of that key, or in the objects). Opening reads all of it once and checks that it fits.

import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { FIRST_REVISION, type IndexContent } from './revision-index.ts'
import { connect, isDamage, lacksRoomToOpen, transact } from './sqlite-connection.ts'
import { type StoredEntry, type StoreEvent, StoreFull } from './store.ts'

/** Goes up when an older release could no longer read what this one writes. */
const FORMAT = 1

const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE objects (
    key TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_revision INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    before_text TEXT,
    before_revision INTEGER,
    before_create_revision INTEGER
  ) STRICT;
  INSERT INTO meta VALUES ('format', ${FORMAT}), ('compacted_revision', ${FIRST_REVISION});
`

/** What is in the file is not what this release could have written. */
export class StoreUnreadable extends Error {
  constructor(path: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`cannot open the store ${path}: ${problem}. ${remedy}`, options)
    this.name = 'StoreUnreadable'
  }
}

export const MEND = 'Look at the cause, mend it and start again'
const RESTORE = 'Restore it from a backup, or move it and its -wal file away to begin with an empty store'

/** The last revision in a store that nobody may be able to read otherwise; undefined when not even that can be said. */
export function lookAtRevision(path: string): number | undefined {
  if (!existsSync(path)) return undefined
  try {
    const database = connect(path)
    try {
      const last = database.prepare('SELECT max(revision) AS revision FROM log').get()?.['revision']
      return typeof last === 'number' ? last : readMeta(database, 'compacted_revision')
    } finally {
      database.close()
    }
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** Reads a whole store, after creating it if there is none. */
export function loadContent(path: string): IndexContent {
  try {
    const database = connect(path)
    try {
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
      if (tables.length === 0) transact(database, () => database.exec(SCHEMA))
      else if (tables.some(({ name }) => name === 'meta')) checkFormat(path, readMeta(database, 'format'))
      else throw new StoreUnreadable(path, 'it is a database of something else', 'Name another path')
      return readContent(path, database)
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof StoreUnreadable) throw error
    if (lacksRoomToOpen(error)) throw new StoreFull(path, { cause: error })
    if (isDamage(error)) throw new StoreUnreadable(path, 'the file is damaged', RESTORE, { cause: error })
    throw new StoreUnreadable(path, 'its folder or file cannot be used', MEND, { cause: error })
  }
}

function checkFormat(path: string, format: number | undefined): void {
  if (format === FORMAT) return
  const problem = `it has format ${format ?? 'unknown'} and this release knows format ${FORMAT}`
  throw new StoreUnreadable(path, problem, 'Start the release that wrote it, or restore the backup made before that')
}

function readMeta(database: DatabaseSync, name: string): number | undefined {
  const value = database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value
  return typeof value === 'number' ? value : undefined
}

function readContent(path: string, database: DatabaseSync): IndexContent {
  const compactedRevision = readMeta(database, 'compacted_revision')
  if (compactedRevision === undefined) throw new StoreUnreadable(path, 'its compacted revision is missing', RESTORE)
  const entries: StoredEntry[] = []
  for (const row of database.prepare('SELECT key, text, revision, create_revision FROM objects').iterate()) {
    entries.push(entryOf(row.key, row.text, row.revision, row.create_revision))
  }
  const history: StoreEvent[] = []
  const later = new Map(entries.map((entry) => [entry.key, entry]))
  // From the newest row back: what a key has in `later` is what the row before it made of the key.
  for (const row of database.prepare('SELECT * FROM log ORDER BY revision DESC').iterate()) {
    const before =
      row.before_text === null ? undefined : entryOf(row.key, row.before_text, row.before_revision, row.before_create_revision)
    const key = String(row.key)
    const revision = Number(row.revision)
    history.push({ revision, key, before, after: later.get(key) })
    if (before) later.set(key, before)
    else later.delete(key)
  }
  const content = { compactedRevision, entries, history: history.reverse() }
  const problem = findProblem(content, later)
  if (problem) throw new StoreUnreadable(path, problem, RESTORE)
  return content
}

/** The tables are typed (STRICT), so the values are what the columns say. */
function entryOf(key: unknown, text: unknown, revision: unknown, createRevision: unknown): StoredEntry {
  return { key: String(key), text: String(text), revision: Number(revision), createRevision: Number(createRevision) }
}

/** Objects and log must tell one story: every revision once, each with the state that it left. */
function findProblem({ compactedRevision, history }: IndexContent, atCompaction: Map<string, StoredEntry>): string | undefined {
  for (const [index, { revision, key, before, after }] of history.entries()) {
    const expected = compactedRevision + 1 + index
    if (revision !== expected) return `its log has revision ${revision} where ${expected} should be`
    if (after ? after.revision !== revision : !before)
      return `its log and its objects differ about ${key} at revision ${revision}`
  }
  for (const { key, revision } of atCompaction.values()) {
    if (revision > compactedRevision) return `revision ${revision} of ${key} is missing in its log`
  }
  return undefined
}
