import { execFileSync } from 'node:child_process'
import { rmdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { put } from './conformance/puts.ts'
import { openDiskStore } from './disk.ts'
import { type Store, type StoredEntry, StoreFull } from './store.ts'

/** Large enough that SQLite carries pages from the write-ahead log to the file now and then, as it does in life. */
const DISK_BYTES = 16 * 1024 * 1024
const WRITERS = 16

/** A real file system of that size, or the reason why there is none. */
async function mountSmallDisk(): Promise<{ folder: string } | { reason: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    rmdirSync(folder)
    return { reason: `mounting a small tmpfs needs root: ${String(error)}` }
  }
  onTestFinished(() => {
    execFileSync('umount', [folder])
    rmdirSync(folder)
  })
  return { folder }
}

/** Every writer writes until the disk is full; gives all that was acknowledged and what the writers were told. */
async function fill(store: Store, folder: string): Promise<{ acknowledged: StoredEntry[]; errors: unknown[] }> {
  const acknowledged: StoredEntry[] = []
  const errors = await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let i = 0; ; i++) {
        try {
          acknowledged.push(await put(store, `${folder}/${writer}/${i}`, 'x'.repeat(4_000)))
        } catch (error) {
          return error
        }
      }
    }),
  )
  return { acknowledged, errors }
}

function inKeyOrder(entries: readonly StoredEntry[]): StoredEntry[] {
  return entries.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

test('ST26 a full disk refuses writes and names the path, loses nothing, and takes writes again when there is space', async ({
  skip,
}) => {
  const disk = await mountSmallDisk()
  if ('reason' in disk) return skip(disk.reason)
  const path = join(disk.folder, 'store.db')
  const ballasts = ['first', 'second'].map((round) => ({ round, file: join(disk.folder, `${round}-ballast`) }))
  for (const { file } of ballasts) await writeFile(file, Buffer.alloc(DISK_BYTES / 4))
  let store = await openDiskStore({ path })
  onTestFinished(() => store.close())
  const all: StoredEntry[] = []

  for (const { round, file } of ballasts) {
    const { acknowledged, errors } = await fill(store, round)
    all.push(...acknowledged)
    expect(acknowledged.length).toBeGreaterThan(100)
    for (const error of errors) {
      expect(error).toBeInstanceOf(StoreFull)
      expect(String(error)).toContain(path)
    }
    expect(store.revision).toBe(Math.max(...all.map(({ revision }) => revision)))
    expect(store.range('').entries).toEqual(inKeyOrder(all))
    await expect(put(store, 'large', 'x'.repeat(DISK_BYTES))).rejects.toThrow(StoreFull)

    await rm(file)
    all.push(await put(store, `after the ${round}`, 'there is space again'))
  }

  const { revision } = store
  await store.close()
  const ballast = join(disk.folder, 'ballast')
  await expect(writeFile(ballast, Buffer.alloc(DISK_BYTES))).rejects.toThrow('ENOSPC')
  const refusal = openDiskStore({ path })
  await expect(refusal).rejects.toThrow(StoreFull)
  await expect(refusal).rejects.toThrow(path)
  await rm(ballast)
  store = await openDiskStore({ path })
  expect(store.revision).toBe(revision)
  expect(store.range('').entries).toEqual(inKeyOrder(all))
  await store.close()
  const database = new DatabaseSync(path)
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  database.close()
})
