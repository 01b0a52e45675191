import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalRecord } from '@sheaf/api'
import { expect, onTestFinished, test } from 'vitest'
import { fileJournal } from './file-journal.ts'

const record = (name: string): JournalRecord => ({
  kind: 'rewrite',
  migration: 'running-to-run-strategy',
  object: {
    resource: { group: 'kubevirt.io', version: 'v1', plural: 'virtualmachines', kind: 'VirtualMachine', scope: 'Namespaced' },
    namespace: 'default',
    name,
    uid: `uid-of-${name}`,
  },
  inverse: [{ path: ['spec', 'running'], to: true }],
})

async function journalFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-journal-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'migrations.jsonl')
}

test('UP81 the journal in a file gives back what it was given, in its order, and is its reader’s alone', async () => {
  const path = await journalFile()
  expect(await fileJournal(path).read()).toEqual([])
  const journal = fileJournal(path)
  await Promise.all([
    journal.append([record('a'), record('b')]),
    journal.append([record('c')]),
    journal.append([{ kind: 'taken back' }]),
  ])
  expect(await fileJournal(path).read()).toEqual([record('a'), record('b'), record('c'), { kind: 'taken back' }])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('UP81 a record that a power cut tore is none: nothing was done that it would take back', async () => {
  const path = await journalFile()
  await fileJournal(path).append([record('a')])
  await appendFile(path, JSON.stringify(record('é')).slice(0, -20))
  const journal = fileJournal(path)
  await journal.append([record('c')])
  expect(await journal.read()).toEqual([record('a'), record('c')])
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3)
})
