import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openTemporaryDiskStore } from './conformance/disk.ts'
import { openDiskStore } from './disk.ts'
import { textAt } from './kill-writer.ts'
import type { StoreEvent } from './store.ts'

const ROUNDS = 20
const WRITER = fileURLToPath(new URL('./kill-writer.ts', import.meta.url))

interface Acknowledged {
  key: string
  revision: number
  kind: string
}

/** Starts the writer, kills it in the middle of its work once it has so many writes, and gives what it acknowledged. */
async function writeUntilKilled(path: string, count: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === count) child.kill('SIGKILL')
  expect((await ended)[1]).toBe('SIGKILL')
  return lines
    .map((line) => line.split(' '))
    .filter((words) => words.length === 3)
    .map(([key = '', revision, kind = '']) => ({ key, revision: Number(revision), kind }))
}

function integrityOf(path: string): unknown {
  const database = new DatabaseSync(path)
  try {
    return database.prepare('PRAGMA integrity_check').get()?.integrity_check
  } finally {
    database.close()
  }
}

test('ST25 after kill -9 every acknowledged write is there, the file is whole, and revisions never go back', async () => {
  const { store: empty, path, dispose } = await openTemporaryDiskStore()
  onTestFinished(dispose)
  let before = empty.revision
  await empty.close()

  for (let round = 1; round <= ROUNDS; round++) {
    const acknowledged = await writeUntilKilled(path, 1 + ((round * 389) % 1_500))
    const store = await openDiskStore({ path })
    const events = new Map<number, StoreEvent>()
    store.watch('', before, (event) => events.set(event.revision, event))
    const entries = store.range('').entries
    const { revision } = store
    await store.close()

    expect(integrityOf(path)).toBe('ok')
    const revisions = acknowledged.map((write) => write.revision)
    expect(Math.min(...revisions)).toBe(before + 1)
    expect(revision).toBeGreaterThanOrEqual(Math.max(...revisions))
    expect([...events.keys()]).toEqual(Array.from({ length: revision - before }, (_, i) => before + 1 + i))
    for (const write of acknowledged) {
      const event = events.get(write.revision)
      expect(event?.key).toBe(write.key)
      expect(event?.after?.text).toBe(write.kind === 'deleted' ? undefined : textAt(write.key, write.revision))
    }
    for (const { key, text, revision: written } of entries) expect(text).toBe(textAt(key, written))
    before = revision
  }
}, 120_000)
