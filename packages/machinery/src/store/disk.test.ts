import { existsSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openTemporaryDiskStore } from './conformance/disk.ts'
import { put, remove } from './conformance/puts.ts'
import { storeConformance } from './conformance.ts'
import { openDiskStore } from './disk.ts'
import { StoreUnreadable } from './disk-format.ts'
import { connect } from './sqlite-connection.ts'
import { type StoreEvent, StoreFailed } from './store.ts'

storeConformance('disk', openTemporaryDiskStore, { modelRuns: 25 })

async function openForTest() {
  const opened = await openTemporaryDiskStore()
  onTestFinished(opened.dispose)
  return opened
}

/** Changes the file of a closed store behind its back. */
function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

test('ST24 a reopened store has the same content, revision and past, and its watches go on', async () => {
  const { store, reopen } = await openForTest()
  await put(store, 'a/1', 'one')
  await store.compact(store.revision)
  const base = store.revision
  const heard: StoreEvent[] = []
  store.watch('', base, (event) => heard.push(event))
  const states = [store.range('')]
  for (let i = 0; i < 30; i++) {
    if (i % 4 === 3) await remove(store, `a/${(i - 1) % 5}`)
    else await put(store, `a/${i % 5}`, `text ${i}`)
    states.push(store.range(''))
  }

  const reopened = await reopen?.(store)
  if (!reopened) throw new Error('a disk store can be reopened')
  expect([reopened.revision, reopened.compactedRevision]).toEqual([base + 30, base])
  for (const state of states) expect(reopened.range('', { revision: state.revision })).toEqual(state)
  const heardAgain: StoreEvent[] = []
  reopened.watch('', base, (event) => heardAgain.push(event))
  expect(heardAgain).toEqual(heard)
  const next = await put(reopened, 'a/1', 'after')
  expect(next.revision).toBe(base + 31)
  expect(heardAgain.at(-1)?.after).toEqual(next)
})

test('ST24 a compaction that another one has overtaken takes nothing back', async () => {
  const { store, reopen } = await openForTest()
  for (let i = 0; i < 10; i++) await put(store, 'a', `text ${i}`)
  const { revision } = store
  await Promise.all([store.compact(revision - 2), store.compact(revision - 5)])
  const reopened = await reopen?.(store)
  expect([reopened?.revision, reopened?.compactedRevision]).toEqual([revision, revision - 2])
})

test('ST24 the revision does not go back when the last write was a delete and all history is compacted', async () => {
  const { store, reopen } = await openForTest()
  await put(store, 'a', 'one')
  await remove(store, 'a')
  await store.compact(store.revision)
  const { revision } = store
  const reopened = await reopen?.(store)
  expect([reopened?.revision, reopened?.compactedRevision, reopened?.get('a')]).toEqual([revision, revision, undefined])
})

test('ST24 compaction takes the old texts out of the file', async () => {
  const { store, path } = await openForTest()
  for (let i = 0; i < 20; i++) await put(store, 'a', `text ${i}`)
  await store.compact(store.revision)
  const database = new DatabaseSync(path, { readOnly: true })
  onTestFinished(() => database.close())
  expect(database.prepare('SELECT count(*) AS rows FROM log').get()).toEqual({ rows: 0 })
})

test('ST25 a commit waits until the disk has it', async () => {
  const { store, path } = await openForTest()
  await store.close()
  const database = connect(path)
  onTestFinished(() => database.close())
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 }) // FULL
})

test('ST27 after a failure that is not a full disk no write is taken, the cause is told, and reads go on', async () => {
  const { store, path } = await openForTest()
  const entry = await put(store, 'a', 'one')
  tamper(path, "CREATE TRIGGER refuse BEFORE INSERT ON log BEGIN SELECT raise(ABORT, 'the disk is on fire'); END")
  const writes = ['b', 'c'].map((key) => store.write({ key, expect: 0, text: () => 'two' }))
  for (const write of writes)
    await expect(write).rejects.toMatchObject({ name: 'StoreFailed', cause: { message: 'the disk is on fire' } })
  tamper(path, 'DROP TRIGGER refuse')
  await expect(put(store, 'd', 'three')).rejects.toThrow(StoreFailed)
  await expect(put(store, 'd', 'three')).rejects.toThrow(path)
  expect(store.range('').entries).toEqual([entry])
  expect(store.revision).toBe(entry.revision)
})

test('ST28 a damaged file is refused with what to do', async () => {
  const { store, path } = await openForTest()
  await Promise.all(Array.from({ length: 100 }, (_, i) => put(store, `a/${i}`, 'x'.repeat(1_000))))
  await store.close()
  truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096)
  await expect(openDiskStore({ path })).rejects.toThrow(/damaged.*Restore it from a backup/)
  writeFileSync(path, 'this is no database, and long enough to tell'.repeat(20))
  await expect(openDiskStore({ path })).rejects.toThrow(/damaged.*Restore it from a backup/)
})

test.for([
  ['a lost revision', 'DELETE FROM log WHERE revision = 2', 'its log has revision 3 where 2 should be'],
  ['a lost last revision', 'DELETE FROM log WHERE revision = 4', 'revision 4 of b is missing in its log'],
  ['a lost object', "DELETE FROM objects WHERE key = 'b'", 'its log and its objects differ about b at revision 4'],
  ['a strange object', "INSERT INTO objects VALUES ('c', '', 9, 9)", 'revision 9 of c is missing in its log'],
  ['a lost table', 'DROP TABLE log', 'the file is damaged'],
  ['no compacted revision', "DELETE FROM meta WHERE name = 'compacted_revision'", 'its compacted revision is missing'],
  ['a newer format', "UPDATE meta SET value = 2 WHERE name = 'format'", 'it has format 2 and this release knows format 1'],
  ['another database', 'DROP TABLE meta', 'it is a database of something else'],
] as const)('ST28 %s is found at opening and not mended by guessing', async ([, sql, problem]) => {
  const { store, path } = await openForTest()
  await put(store, 'a', 'one')
  await put(store, 'a', 'two')
  await put(store, 'b', 'three')
  await store.close()
  tamper(path, sql)
  await expect(openDiskStore({ path })).rejects.toThrow(problem)
  await expect(openDiskStore({ path })).rejects.toThrow(StoreUnreadable)
})

test('ST28 a folder that does not exist is refused and not made', async () => {
  const { path } = await openForTest()
  await expect(openDiskStore({ path: `${path}.d/store.db` })).rejects.toThrow(`${path}.d/store.db`)
  expect(existsSync(`${path}.d`)).toBe(false)
})

test('ST28 a worker that does not start is told as such', async () => {
  const { store, path } = await openForTest()
  await store.close()
  const opening = openDiskStore({ path, workerUrl: new URL('./no-such-worker.js', import.meta.url) })
  await expect(opening).rejects.toMatchObject({
    name: 'StoreUnreadable',
    cause: { message: expect.stringContaining('no-such-worker') },
  })
})

test('ST30 a store with 2,000 objects opens in less than 300 ms, its thread included', async () => {
  const { store, path } = await openForTest()
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => put(store, `widgets/${i}`, 'x'.repeat(4_000))))
  await store.close()
  const times: number[] = []
  for (let attempt = 1; attempt <= 3; attempt++) {
    const start = performance.now()
    const reopened = await openDiskStore({ path })
    times.push(performance.now() - start)
    await reopened.close()
  }
  expect(Math.min(...times)).toBeLessThan(300) // the best of three: a busy machine is not what is measured
})
