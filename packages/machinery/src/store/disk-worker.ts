// The thread that writes to the disk, so that waiting for it never stops the event loop. Requests are answered in order.

import { DatabaseSync } from 'node:sqlite'
import { parentPort } from 'node:worker_threads'
import { loadContent } from './disk-format.ts'
import { BUSY_TIMEOUT_MS, connect, hasNoRoom, isDiskFull, transact } from './sqlite-connection.ts'
import { StoreFull } from './store.ts'

export type WorkerRequest =
  | { kind: 'open'; path: string }
  | { kind: 'append'; rows: readonly AppendRow[] }
  | { kind: 'compact'; revision: number }
  | { kind: 'close' }
  /** Needs no open one: writes what is committed to a file that is not there yet, and reads it back. */
  | { kind: 'copy'; path: string; target: string }
  /** Needs no open one either: reads all of the file and looks whether it fits together. */
  | { kind: 'check'; path: string }

/** The state of a key at its new revision; the state before is in the file already. */
export interface AppendRow {
  key: string
  revision: number
  createRevision: number
  /** `null`: the key is deleted. */
  text: string | null
}

export type WorkerReply = { kind: 'done' } | { kind: 'full'; cause: unknown } | { kind: 'failed'; cause: unknown }

type Request<K extends WorkerRequest['kind']> = Extract<WorkerRequest, { kind: K }>

interface Disk {
  append(request: Request<'append'>): void
  compact(request: Request<'compact'>): void
  close(): void
}

function openDisk(path: string): Disk {
  const database = connect(path)
  const log = database.prepare(`
    INSERT INTO log SELECT :revision, :key, o.text, o.revision, o.create_revision
    FROM (SELECT 1) LEFT JOIN objects o ON o.key = :key`)
  const put = database.prepare(`
    INSERT INTO objects (key, text, revision, create_revision) VALUES (:key, :text, :revision, :createRevision)
    ON CONFLICT (key) DO UPDATE SET text = excluded.text, revision = excluded.revision, create_revision = excluded.create_revision`)
  const remove = database.prepare('DELETE FROM objects WHERE key = :key')
  const forget = database.prepare('DELETE FROM log WHERE revision <= :revision')
  const remember = database.prepare("UPDATE meta SET value = max(value, :revision) WHERE name = 'compacted_revision'")

  return {
    append: ({ rows }) =>
      transact(database, () => {
        for (const { key, revision, createRevision, text } of rows) {
          log.run({ revision, key })
          if (text === null) remove.run({ key })
          else put.run({ key, text, revision, createRevision })
        }
      }),
    compact: ({ revision }) =>
      transact(database, () => {
        forget.run({ revision })
        remember.run({ revision })
      }),
    close: () => database.close(),
  }
}

let disk: Disk | undefined

function copy({ path, target }: Request<'copy'>): void {
  const database = connect(path)
  try {
    database.prepare('VACUUM INTO :target').run({ target })
  } finally {
    database.close()
  }
  loadContent(target)
}

function check({ path }: Request<'check'>): void {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    const found = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
    if (found !== 'ok') throw new Error(String(found))
  } finally {
    database.close()
  }
}

function handle(request: WorkerRequest): void {
  if (request.kind === 'open') disk = openDisk(request.path)
  else if (request.kind === 'copy') copy(request)
  else if (request.kind === 'check') check(request)
  else if (request.kind === 'close') disk?.close()
  else if (!disk) throw new Error(`${request.kind} before open`)
  else if (request.kind === 'append') disk.append(request)
  else disk.compact(request)
}

function replyTo(request: WorkerRequest): WorkerReply {
  try {
    handle(request)
    return { kind: 'done' }
  } catch (cause) {
    const isFull = request.kind === 'copy' ? cause instanceof StoreFull || hasNoRoom(cause) : isDiskFull(cause)
    return { kind: isFull ? 'full' : 'failed', cause }
  }
}

parentPort?.on('message', (request: WorkerRequest) => {
  parentPort?.postMessage(replyTo(request))
  if (request.kind === 'close') parentPort?.close()
})
