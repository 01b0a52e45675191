// docs/spec/preflight.md: what this host says of itself, asked for real.

import { statfsSync } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskStore } from '@sheaf/machinery/store'
import { expect, onTestFinished, test } from 'vitest'
import { openDataFolder } from '../data-folder.ts'
import { diskWorkerUrl } from '../disk-worker-url.ts'
import { installationFacts, tightestOf } from './installation-facts.ts'

const ends = { certificateEndsMs: 1, authorityEndsMs: 2 }

async function openHost() {
  const root = await mkdtemp(join(tmpdir(), 'sheaf-facts-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const folder = openDataFolder(root)
  const store = await openDiskStore({ path: folder.store, workerUrl: diskWorkerUrl })
  onTestFinished(() => store.close())
  const credentials = { ends: () => ends }
  return { folder, store, facts: installationFacts({ folder, prefix: undefined, credentials, workerUrl: diskWorkerUrl }) }
}

const put = (store: Awaited<ReturnType<typeof openHost>>['store'], index: number) =>
  store.write({ key: `/a/${index}`, expect: 0, text: () => String(index).padEnd(2_000, '.') })

test('PF5 the store is read while it is written, and its writers do not wait', async () => {
  const { store, facts } = await openHost()
  let isReading = true
  const writing = (async () => {
    let written = 0
    for (; isReading; written++) await put(store, written)
    return written
  })()
  expect(await facts()).toMatchObject({ ...ends, storeProblem: undefined })
  isReading = false
  expect(await writing).toBeGreaterThan(1)
})

test('PF5 a page that is not what was written is told, though the store was good when it was opened', async () => {
  const { folder, store, facts } = await openHost()
  await Promise.all(Array.from({ length: 500 }, (_, index) => put(store, index)))
  await store.close()
  const { size } = await stat(folder.store)
  await using file = await open(folder.store, 'r+')
  await file.write(Buffer.alloc(8_192, 0xa5), 0, 8_192, Math.floor(size / 2 / 4_096) * 4_096)
  expect((await facts()).storeProblem).toMatch(/ is not whole: /)
})

test('PF6 room is what the file system has for those who are not root', async () => {
  const { folder, facts } = await openHost()
  const { disk } = await facts()
  const { bfree, bsize } = statfsSync(folder.root)
  expect(disk.path).toBe(folder.root)
  expect(disk.freeBytes).toBeGreaterThan(0)
  expect(disk.freeBytes).toBeLessThanOrEqual(bfree * bsize)
})

test('PF6 bytes and files are each judged where there is least of them', () => {
  const rooms = [
    { path: '/data', freeBytes: 10, freeFiles: 1_000 },
    { path: '/opt/sheaf', freeBytes: 1_000, freeFiles: 10 },
  ]
  expect(tightestOf(rooms)).toEqual({ disk: { path: '/data', freeBytes: 10 }, inodes: { path: '/opt/sheaf', freeFiles: 10 } })
})
