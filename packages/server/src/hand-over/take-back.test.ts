import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyStoreAside, openDiskStore } from '@sheaf/machinery/store'
import { expect, onTestFinished, test } from 'vitest'
import { openDataFolder } from '../data-folder.ts'
import { copyPath, readRecord, recordPath, writeRecord } from './record.ts'
import { takeBackStore } from './take-back.ts'
import { prepareTakeOver } from './take-over.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const trial = { version: '1.1.0', id: 'u1', deadlineMs: 1_000 }
const takenBack = { version: '1.1.0', id: 'u1', result: 'taken-back', why: 'it was made to fail' } as const
const record = { id: 'u1', from: '1.0.0', to: '1.1.0', revision: 2, guests: [] }

function temporaryFolder() {
  const root = mkdtempSync(join(tmpdir(), 'sheaf-take-back-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  return openDataFolder(root)
}

async function write(path: string, text: string): Promise<number> {
  const store = await openDiskStore({ path })
  await store.write({ key: 'a', expect: store.get('a')?.revision ?? 0, text: () => text })
  const { revision } = store
  await store.close()
  return revision
}

async function read(path: string): Promise<{ text: string | undefined; revision: number }> {
  const store = await openDiskStore({ path })
  await store.close()
  return { text: store.get('a')?.text, revision: store.revision }
}

test('UP21 a release that is taken up again goes on from the store as it was, once', async () => {
  const folder = temporaryFolder()
  await write(folder.store, 'before')
  writeRecord(folder, record)
  await copyStoreAside(folder.store, copyPath(folder, 'u1'))
  const told = await write(folder.store, 'on trial')
  await takeBackStore(folder, takenBack, log)
  const restored = await read(folder.store)
  expect(restored.text).toBe('before')
  expect(restored.revision).toBeGreaterThan(told)
  await write(folder.store, 'after')
  await takeBackStore(folder, takenBack, log)
  expect((await read(folder.store)).text).toBe('after')
  expect(existsSync(recordPath(folder, 'u1'))).toBe(false)
})

test('UP21 what another trial left, or one that was confirmed, is taken away and not restored', async () => {
  const folder = temporaryFolder()
  await write(folder.store, 'before')
  for (const outcome of [undefined, { ...takenBack, id: 'u2' }, { ...takenBack, result: 'confirmed' as const }]) {
    await copyStoreAside(folder.store, copyPath(folder, 'u1'))
    await write(folder.store, 'now')
    await takeBackStore(folder, outcome, log)
    expect((await read(folder.store)).text).toBe('now')
    expect(existsSync(copyPath(folder, 'u1'))).toBe(false)
  }
})

test('UP15 a release on trial makes the copy itself when the one before did not come so far', async () => {
  const folder = temporaryFolder()
  await write(folder.store, 'before')
  expect(await prepareTakeOver(folder, trial)).toBeUndefined()
  expect((await read(copyPath(folder, 'u1'))).text).toBe('before')
  writeRecord(folder, record)
  expect(await prepareTakeOver(folder, trial)).toEqual(record)
  expect(readRecord(folder, 'u2')).toBeUndefined()
})
