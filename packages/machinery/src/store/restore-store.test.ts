import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openTemporaryDiskStore } from './conformance/disk.ts'
import { put } from './conformance/puts.ts'
import { copyStoreAside } from './copy-store.ts'
import { openDiskStore } from './disk.ts'
import { restoreStore } from './restore-store.ts'
import { RevisionCompacted } from './store.ts'

async function handedOver() {
  const { store, path, dispose } = await openTemporaryDiskStore()
  onTestFinished(dispose)
  await put(store, 'a/1', 'before')
  const seen = store.revision
  await store.close()
  const copy = join(path, '..', 'handover.db')
  await copyStoreAside(path, copy)
  const next = await openDiskStore({ path })
  await put(next, 'a/1', 'changed')
  await put(next, 'a/2', 'made')
  const told = next.revision
  await next.close()
  return { path, copy, seen, told }
}

test('UP21 a restored store holds what the copy held, and goes on above every revision that was told since', async () => {
  const { path, copy, told } = await handedOver()
  const revision = await restoreStore({ path, copy, floor: 0 })
  expect(revision).toBeGreaterThan(told)
  const store = await openDiskStore({ path })
  onTestFinished(() => store.close())
  expect(store.range('').entries.map(({ key, text }) => [key, text])).toEqual([['a/1', 'before']])
  expect((await put(store, 'a/3', 'after')).revision).toBe(revision + 1)
})

test('UP32 a watch from any revision before the restoring is told that it has expired', async () => {
  const { path, copy, seen, told } = await handedOver()
  await restoreStore({ path, copy, floor: 0 })
  const store = await openDiskStore({ path })
  onTestFinished(() => store.close())
  for (let revision = seen; revision <= told; revision++)
    expect(() => store.watch('a/', revision, () => {}), String(revision)).toThrow(RevisionCompacted)
})

test('UP21 restoring twice is restoring once, and the floor counts where the replaced store is gone', async () => {
  const { path, copy } = await handedOver()
  const first = await restoreStore({ path, copy, floor: 5_000 })
  expect(first).toBe(5_001)
  await restoreStore({ path, copy, floor: 5_000 })
  const store = await openDiskStore({ path })
  onTestFinished(() => store.close())
  expect(store.get('a/1')?.text).toBe('before')
})
