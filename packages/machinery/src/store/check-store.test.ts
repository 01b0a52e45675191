import { randomBytes } from 'node:crypto'
import { open, stat, writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { checkStore } from './check-store.ts'
import { openTemporaryDiskStore } from './conformance/disk.ts'
import { put } from './conformance/puts.ts'

async function openForTest() {
  const opened = await openTemporaryDiskStore()
  onTestFinished(opened.dispose)
  return opened
}

test('ST37 a store that is whole is, also while it is written', async () => {
  const { store, path } = await openForTest()
  let isChecking = true
  const writing = (async () => {
    for (let i = 0; isChecking; i++) await put(store, `a/${i}`, String(i))
  })()
  const before = store.revision
  expect(await checkStore({ path })).toBeUndefined()
  isChecking = false
  await writing
  expect(store.revision).toBeGreaterThan(before)
})

test('ST37 a page that is not what was written is found, though the store was good when it was opened', async () => {
  const { store, path } = await openForTest()
  await Promise.all(Array.from({ length: 500 }, (_, i) => put(store, `a/${i}`, `${i}`.padEnd(2_000, '.'))))
  await store.close()
  expect(await checkStore({ path })).toBeUndefined()
  const { size } = await stat(path)
  await using file = await open(path, 'r+')
  await file.write(randomBytes(8_192), 0, 8_192, Math.floor(size / 2 / 4_096) * 4_096)
  expect(await checkStore({ path })).toMatch(/ is not whole: /)
})

test('ST37 what is no store is not whole, and neither is one that is not there', async () => {
  const { store, path } = await openForTest()
  await store.close()
  await writeFile(path, 'no store at all'.repeat(1_000))
  expect(await checkStore({ path })).toContain('file is not a database')
  expect(await checkStore({ path: `${path}.gone` })).toContain('unable to open')
})
