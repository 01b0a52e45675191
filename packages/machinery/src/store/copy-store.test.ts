import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mountSmallDisk } from '../../../../test/kit/small-disk.ts'
import { openTemporaryDiskStore } from './conformance/disk.ts'
import { put, remove } from './conformance/puts.ts'
import { storeConformance } from './conformance.ts'
import { copyStore, copyStoreAside } from './copy-store.ts'
import { openDiskStore } from './disk.ts'
import { textAt } from './kill-writer.ts'
import { restoreStore } from './restore-store.ts'
import { RevisionCompacted, RevisionInFuture, type Store } from './store.ts'

async function openForTest() {
  const opened = await openTemporaryDiskStore()
  onTestFinished(opened.dispose)
  return { ...opened, copy: join(dirname(opened.path), 'copy.db') }
}

async function openCopy(path: string): Promise<Store> {
  const store = await openDiskStore({ path })
  onTestFinished(() => store.close())
  return store
}

const filesBeside = (path: string): string[] => readdirSync(dirname(path)).toSorted()

describe('a copy of an open store', () => {
  test('ST31 is one moment of it, history included, however many write meanwhile, and the event loop goes on', async () => {
    const { store, path, copy } = await openForTest()
    const base = store.revision
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => put(store, `a/${i}`, `${i}`.padEnd(2_000, '.'))))
    let turns = 0
    const turning = setInterval(() => turns++, 1)
    let isCopying = true
    const writing = Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        for (let i = 0; isCopying; i++) await put(store, `a/${writer}/${i}`, String(i))
      }),
    )
    const before = store.revision
    await copyStore({ path, target: copy })
    const after = store.revision
    isCopying = false
    clearInterval(turning)
    await writing

    expect(turns).toBeGreaterThan(5)
    expect(after).toBeGreaterThan(before)
    const copied = await openCopy(copy)
    expect(copied.revision).toBeGreaterThanOrEqual(before)
    expect(copied.revision).toBeLessThanOrEqual(after)
    for (const revision of [base, before, copied.revision])
      expect(copied.range('', { revision })).toEqual(store.range('', { revision }))
  }, 60_000)

  test('ST31 takes the place of the copy before it', async () => {
    const { store, path, copy } = await openForTest()
    await put(store, 'a', 'one')
    await copyStore({ path, target: copy })
    await put(store, 'a', 'two')
    await copyStore({ path, target: copy })
    expect((await openCopy(copy)).get('a')?.text).toBe('two')
  })

  test('ST32 that does not come about leaves nothing half-made, and the copy before it as it was', async () => {
    const { store, path, copy } = await openForTest()
    await put(store, 'a', 'x'.repeat(100_000))
    await copyStore({ path, target: copy })
    await store.close()
    await truncate(path, 8192)
    await expect(copyStore({ path, target: copy })).rejects.toMatchObject({ message: `${path} cannot be copied` })
    expect(filesBeside(path).filter((name) => name.startsWith('copy'))).toEqual(['copy.db'])
    expect((await openCopy(copy)).get('a')?.text).toHaveLength(100_000)
    await expect(copyStore({ path: `${path}.gone`, target: copy })).rejects.toThrow('there is no store')
    expect(existsSync(`${path}.gone`)).toBe(false)
    await rm(path)
  })

  test('ST32 on a full disk is told as such, leaves nothing half-made, and succeeds when there is space', async ({ skip }) => {
    const disk = mountSmallDisk(8 * 1024 * 1024)
    if ('reason' in disk) return skip(disk.reason)
    onTestFinished(() => disk.unmount())
    const path = join(disk.folder, 'store.db')
    const copy = join(disk.folder, 'copy.db')
    const store = await openDiskStore({ path })
    onTestFinished(() => store.close())
    await Promise.all(Array.from({ length: 100 }, (_, i) => put(store, `a/${i}`, 'x'.repeat(20_000))))
    disk.fillUpTo(300_000)
    await expect(copyStore({ path, target: copy })).rejects.toMatchObject({
      name: 'StoreFull',
      message: expect.stringContaining(copy),
    })
    expect(filesBeside(path).filter((name) => name.startsWith('copy'))).toEqual([])
    disk.free()
    await copyStore({ path, target: copy })
    expect((await openCopy(copy)).range('').entries).toEqual(store.range('').entries)
  })
})

describe('a copy of a closed store', () => {
  test('ST33 has all that was acknowledged, also when its process was killed', async () => {
    const { store, path, copy } = await openForTest()
    await store.close()
    const acknowledged = await writeUntilKilled(path, 500)
    expect(existsSync(`${path}-wal`)).toBe(true)
    await copyStoreAside(path, copy)
    const copied = await openCopy(copy)
    for (const { key, revision } of acknowledged.filter(({ kind }) => kind === 'written')) {
      const { entries } = copied.range(key, { revision, limit: 1 })
      expect(entries[0]).toMatchObject({ key, revision, text: textAt(key, revision) })
    }
  }, 30_000)

  test('ST33 that is still open is refused', async () => {
    const { store, path, copy } = await openForTest()
    await put(store, 'a', 'one')
    await expect(copyStoreAside(path, copy)).rejects.toThrow(`${path} is open somewhere else`)
    await expect(restoreStore({ path, copy: path, floor: 0 })).rejects.toThrow('is open somewhere else')
    expect(filesBeside(path).some((name) => name.startsWith('copy'))).toBe(false)
  })
})

describe('a restored store', () => {
  /** A copy, what was there when it was made, and a store that went on. */
  async function goneOn() {
    const opened = await openForTest()
    const { store, path, copy } = opened
    await put(store, 'a/kept', 'one')
    await put(store, 'a/changed', 'one')
    await copyStore({ path, target: copy })
    const copied = store.range('')
    await put(store, 'a/changed', 'two')
    await put(store, 'b/new', 'one')
    await remove(store, 'a/kept')
    const last = store.revision
    await store.close()
    return { ...opened, copied, last }
  }

  test('ST34 has the objects of the copy, and its revisions go on above all that was given out', async () => {
    const { path, copy, copied, last } = await goneOn()
    const revision = await restoreStore({ path, copy, floor: copied.revision })
    const store = await openCopy(path)
    expect(store.range('').entries).toEqual(copied.entries)
    expect(store.revision).toBe(revision)
    expect(revision).toBeGreaterThan(last)
    expect((await put(store, 'a/next', 'one')).revision).toBe(revision + 1)
    expect(existsSync(copy)).toBe(true)
  })

  test('ST34 goes on above the floor when the replaced store cannot say how far it came', async () => {
    const { path, copy, copied } = await goneOn()
    await writeFile(path, 'this is no database, and long enough to tell'.repeat(20))
    expect(await restoreStore({ path, copy, floor: 5_000 })).toBe(5_001)
    const store = await openCopy(path)
    expect(store.range('').entries).toEqual(copied.entries)
    await rm(path)
    expect(await restoreStore({ path, copy, floor: 7_000 })).toBe(7_001)
  })

  test('ST35 answers every revision that was given out as expired, and a fresh list is whole', async () => {
    const { path, copy, last } = await goneOn()
    const revision = await restoreStore({ path, copy, floor: 0 })
    const store = await openCopy(path)
    for (let given = 1; given <= last; given++) {
      expect(() => store.watch('', given, () => {}), `a watch from ${given}`).toThrow(RevisionCompacted)
      expect(() => store.watch('b/', given, () => {}), `a quiet watch from ${given}`).toThrow(RevisionCompacted)
      expect(() => store.range('', { revision: given }), `a page of ${given}`).toThrow(RevisionCompacted)
    }
    expect(() => store.watch('', revision + 1, () => {})).toThrow(RevisionInFuture)
    const heard: string[] = []
    store.watch('', store.range('').revision, ({ key }) => heard.push(key))
    await put(store, 'a/next', 'one')
    expect(heard).toEqual(['a/next'])
  })

  test('ST36 is not made of a copy that is not whole; the store stays as it was', async () => {
    const { path, copy, last } = await goneOn()
    for (const length of [8192, 0]) {
      await truncate(copy, length)
      const refusal = restoreStore({ path, copy, floor: 0 })
      await expect(refusal).rejects.toThrow(`cannot open the store ${copy}: the copy is not whole`)
    }
    expect((await openCopy(path)).revision).toBe(last)
    expect(filesBeside(path).filter((name) => name.includes('.new'))).toEqual([])
  })

  test('ST36 killed at any instant, it is the old one or the new one, whole, and the restore can be done again', async () => {
    const { store, path, copy } = await openForTest()
    await Promise.all(Array.from({ length: 300 }, (_, i) => put(store, `a/${i}`, 'copied'.padEnd(2_000, '.'))))
    await copyStore({ path, target: copy })
    for (let i = 0; i < 300; i += 3) await put(store, `a/${i}`, 'later')
    const late = store.revision
    // As a process that was killed leaves it: the latest writes stand in the write-ahead log.
    const kept = join(dirname(path), 'kept.db')
    for (const part of ['', '-wal']) await copyFile(`${path}${part}`, `${kept}${part}`)
    await store.close()
    const outcomes: string[] = []
    const killer = fileURLToPath(new URL('./kill-restorer.ts', import.meta.url))
    for (let step = 1, isKilled = true; isKilled; step++) {
      for (const part of ['', '-wal']) await copyFile(`${kept}${part}`, `${path}${part}`)
      const child = spawn(process.execPath, [killer, path, copy, String(step)], { stdio: 'inherit' })
      isKilled = (await once(child, 'exit'))[1] === 'SIGKILL'
      const after = await openDiskStore({ path })
      const texts = new Set(after.range('').entries.map(({ text }) => text.replaceAll('.', '')))
      const isOld = after.revision === late
      expect([...texts].toSorted()).toEqual(isOld ? ['copied', 'later'] : ['copied'])
      if (!isOld) expect(after.revision).toBeGreaterThan(late)
      outcomes.push(isOld ? 'old' : 'new')
      await after.close()
      expect(await restoreStore({ path, copy, floor: 0 })).toBeGreaterThan(late)
    }
    // Old up to an instant, and new from then on.
    expect(outcomes.length).toBeGreaterThan(15)
    expect([...new Set(outcomes)]).toEqual(['old', 'new'])
    expect(outcomes).toEqual(outcomes.toSorted().toReversed())
  }, 120_000)
})

storeConformance(
  'a restored disk store',
  async (options) => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-store-'))
    const path = join(folder, 'store.db')
    await (await openDiskStore({ path })).close()
    await copyStoreAside(path, `${path}.copy`)
    await restoreStore({ path, copy: `${path}.copy`, floor: 1_000 })
    let store = await openDiskStore({ path, ...options })
    return {
      store,
      reopen: async (previous) => {
        await previous.close()
        store = await openDiskStore({ path, ...options })
        return store
      },
      dispose: async () => {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
  { modelRuns: 5 },
)

async function writeUntilKilled(path: string, count: number) {
  const writer = fileURLToPath(new URL('./kill-writer.ts', import.meta.url))
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === count) child.kill('SIGKILL')
  await ended
  return lines
    .map((line) => line.split(' '))
    .map(([key = '', revision, kind = '']) => ({ key, revision: Number(revision), kind }))
}
