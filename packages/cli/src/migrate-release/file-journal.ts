// The journal of migrations in a file: a line a record, on the disk before anything that relies on it.

import { existsSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { JournalRecord, MigrationJournal } from '@sheaf/api'

export function fileJournal(path: string): MigrationJournal {
  // One after the other, so that lines do not mix and each is on the disk when its writer goes on.
  let turn: Promise<unknown> = mend(path)
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act)
    turn = mine.catch(() => {})
    return mine
  }
  return {
    read: () => inTurn(async () => (await linesIn(path)).map((line) => JSON.parse(line) as JournalRecord)),
    append: (records) => inTurn(() => append(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''))),
  }
}

async function append(path: string, text: string): Promise<void> {
  const isNew = !existsSync(path)
  await withFile(path, 'a', async (file) => {
    await file.appendFile(text)
    await file.sync()
  })
  // A file that its folder does not know yet is gone after a power cut, however well it was written.
  if (isNew) await withFile(dirname(path), 'r', (folder) => folder.sync())
}

/** A last line that was not finished tells of nothing that was done: its writer would have waited for it. */
async function mend(path: string): Promise<void> {
  const text = await textOf(path)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length === text.length) return
  await withFile(path, 'r+', async (file) => {
    await file.truncate(Buffer.byteLength(whole))
    await file.sync()
  })
}

async function withFile(path: string, flags: string, act: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await act(file)
  } finally {
    await file.close()
  }
}

async function linesIn(path: string): Promise<string[]> {
  return (await textOf(path)).split('\n').filter((line) => line !== '')
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
