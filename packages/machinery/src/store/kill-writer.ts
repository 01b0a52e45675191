// The process that kill.test.ts kills: 64 writers on one store, each acknowledged write printed when it is known.
// Usage: node kill-writer.ts <path of the store>

import { openDiskStore } from './disk.ts'

const WRITERS = 64
/** Every so many writes of a writer delete its key. */
const DELETE_EVERY = 7

/** What a key holds at a revision: the reader of the printed lines knows it without being told. */
export function textAt(key: string, revision: number): string {
  return `${key}@${revision}:${'x'.repeat((revision * 37) % 5_000)}`
}

async function writeForEver(path: string): Promise<void> {
  const store = await openDiskStore({ path })
  const write = async (key: string, round: number) => {
    const current = store.get(key)
    const isDelete = current !== undefined && round % DELETE_EVERY === 0
    const text = isDelete ? null : (revision: number) => textAt(key, revision)
    const result = await store.write({ key, expect: current?.revision ?? 0, text })
    if (result.kind === 'conflict') throw new Error(`${key} has one writer, and yet a conflict`)
    const revision = result.kind === 'deleted' ? result.revision : result.entry.revision
    process.stdout.write(`${key} ${revision} ${result.kind}\n`)
  }
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let round = 1; ; round++) await write(`widgets/${writer}/${round % 3}`, round)
    }),
  )
}

const path = process.argv[2]
if (import.meta.main && path) await writeForEver(path)
