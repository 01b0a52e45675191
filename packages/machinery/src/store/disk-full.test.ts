import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { put } from './conformance/puts.ts'
import { openDiskStore } from './disk.ts'
import { type Store, type StoredEntry, StoreFull } from './store.ts'

const DISK_BYTES = 4 * 1024 * 1024
const WRITERS = 16

/** A real file system of 4 MiB, or the reason why there is none. */
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

test('ST26 a full disk refuses writes and names the path, loses nothing, and takes writes again when there is space', async ({
  skip,
}) => {
  const disk = await mountSmallDisk()
  if ('reason' in disk) return skip(disk.reason)
  const path = join(disk.folder, 'store.db')
  const ballast = join(disk.folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(DISK_BYTES / 2))
  let store = await openDiskStore({ path })
  const all: StoredEntry[] = []

  for (const round of ['first', 'second']) {
    const { acknowledged, errors } = await fill(store, round)
    all.push(...acknowledged)
    expect(acknowledged.length).toBeGreaterThan(10)
    for (const error of errors) {
      expect(error).toBeInstanceOf(StoreFull)
      expect(String(error)).toContain(path)
    }
    expect(store.revision).toBe(Math.max(...all.map(({ revision }) => revision)))
    expect(new Set(store.range('').entries)).toEqual(new Set(all))
    await expect(put(store, 'large', 'x'.repeat(DISK_BYTES))).rejects.toThrow(StoreFull)

    await rm(ballast, { force: true })
    all.push(await put(store, `after the ${round}`, 'there is space again'))
  }

  const { revision } = store
  await store.close()
  store = await openDiskStore({ path })
  expect(store.revision).toBe(revision)
  expect(store.range('').entries).toEqual(all.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
  await store.close()
  const database = new DatabaseSync(path)
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  database.close()
})
