// docs/spec/upgrade.md: what is kept of an upgrade outside of the store.

import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalEntry } from '@sheaf/kinds'
import { list } from 'tar'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDataFolder } from '../data-folder.ts'
import { upgradeRecords } from './upgrade-records.ts'

let root: string
let records: ReturnType<typeof upgradeRecords>
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sheaf-records-'))
  records = upgradeRecords({ folder: openDataFolder(root), prefix: join(root, 'prefix') })
})
afterEach(() => rmSync(root, { recursive: true }))

const id = '6b640239-3d08-4be1-8a7d-58acb51ff278'
const begin = (atMs: number): JournalEntry => ({ atMs, kind: 'begin', station: 'log' })
async function text(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const piece of pieces) chunks.push(piece)
  return Buffer.concat(chunks).toString()
}

it('UP75 the journal gives what was appended, and is empty before', async () => {
  const journal = records.journal(id)
  expect(await journal.read()).toEqual([])
  await journal.append(begin(1))
  await journal.append(begin(2))
  expect(await records.journal(id).read()).toEqual([begin(1), begin(2)])
})

it('UP75 a line that was cut off is left out, and spoils none after it', async () => {
  const journal = records.journal(id)
  await journal.append(begin(1))
  appendFileSync(join(root, 'upgrades', id, 'journal.jsonl'), '{"atMs":2,"kind":"beg')
  expect(await journal.read()).toEqual([begin(1)])
  await journal.append(begin(3))
  expect(await journal.read()).toEqual([begin(1), begin(3)])
})

it('UP74 the log is read from any byte on', async () => {
  const log = records.log(id)
  expect(await text(log.read())).toBe('')
  log.append({ time: '2026-01-01T00:00:00Z', level: 'info', message: 'one' })
  const first = await text(log.read())
  log.append({ time: '2026-01-01T00:00:01Z', level: 'info', message: 'two' })
  expect(await text(log.read(first.length))).toContain('"two"')
  expect(await text(log.read(10_000))).toBe('')
})

it('UP72 the bundle is an archive of what it was given, whole or not there', async () => {
  const bundle = records.bundle(id)
  expect(await bundle.read()).toBeUndefined()
  await bundle.make([
    { name: 'journal.json', text: '[]' },
    { name: 'objects/upgrades.json', text: '[]' },
  ])
  const names: string[] = []
  await list({ file: join(root, 'upgrades', id, 'support-bundle.tar.gz'), onReadEntry: ({ path }) => names.push(path) })
  expect(names).toEqual(expect.arrayContaining(['./journal.json', './objects/upgrades.json']))
})

it('UP71 leftovers are what belongs to no upgrade that is there, and slots that were being filled', async () => {
  await records.journal(id).append(begin(1))
  await records.journal('gone').append(begin(1))
  writeFileSync(join(root, 'store', 'before-gone.db'), '')
  mkdirSync(join(root, 'prefix', 'releases', '1.1.0.partial'), { recursive: true })
  mkdirSync(join(root, 'prefix', 'releases', '1.0.0'), { recursive: true })
  expect(await records.leftovers.find([id])).toEqual([
    join(root, 'store', 'before-gone.db'),
    join(root, 'upgrades', 'gone'),
    join(root, 'prefix', 'releases', '1.1.0.partial'),
  ])
  await records.leftovers.remove([id])
  expect(await records.leftovers.find([id])).toEqual([])
  expect(existsSync(join(root, 'prefix', 'releases', '1.0.0'))).toBe(true)
  expect(readFileSync(join(root, 'upgrades', id, 'journal.jsonl'), 'utf8')).not.toBe('')
  await records.forget(id)
  expect(existsSync(join(root, 'upgrades', id))).toBe(false)
})
