// Writes that must succeed, in one line.

import type { Store, StoredEntry } from '../store.ts'

/** Writes the key over whatever is there. */
export async function put(store: Store, key: string, text: string): Promise<StoredEntry> {
  const result = await store.write({ key, expect: store.get(key)?.revision ?? 0, text: () => text })
  if (result.kind !== 'written') throw new Error(`expected a write, got ${JSON.stringify(result)}`)
  return result.entry
}

export async function remove(store: Store, key: string): Promise<void> {
  const result = await store.write({ key, expect: store.get(key)?.revision ?? 0, text: null })
  if (result.kind !== 'deleted') throw new Error(`expected a delete, got ${JSON.stringify(result)}`)
}

/** Adds one to a counter, trying until its compare and append succeeds; gives the revision. */
export async function increment(store: Store, key: string): Promise<number> {
  for (let current = store.get(key); ; ) {
    const next = Number(current?.text ?? 0) + 1
    const result = await store.write({ key, expect: current?.revision ?? 0, text: () => String(next) })
    if (result.kind === 'written') return result.entry.revision
    if (result.kind === 'conflict') current = result.current
  }
}
