import { expect, test } from 'vitest'
import { RevisionIndex } from './revision-index.ts'
import { type Journal, RevisionedStore } from './revisioned-store.ts'
import { type StoreEvent, StoreFull } from './store.ts'

/** A journal that commits when it is told to. */
class HeldJournal implements Journal {
  readonly batches: { keys: string[]; settle: PromiseWithResolvers<void> }[] = []

  append(events: readonly StoreEvent[]): Promise<void> {
    const settle = Promise.withResolvers<void>()
    this.batches.push({ keys: events.map(({ key }) => key), settle })
    return settle.promise
  }

  async compact(): Promise<void> {}
  async close(): Promise<void> {}
}

function openHeld() {
  const journal = new HeldJournal()
  const store = new RevisionedStore(new RevisionIndex(), journal)
  const settle = (batch: number, error?: Error) => {
    const held = journal.batches[batch]?.settle
    if (error) held?.reject(error)
    else held?.resolve()
  }
  const create = (key: string) => store.write({ key, expect: 0, text: (revision) => `${key}@${revision}` })
  return { store, journal, settle, create }
}

test('ST3 writes that come while a commit runs share the next one', async () => {
  const { store, journal, settle, create } = openHeld()
  const writes = ['a', 'b'].map(create)
  await expect.poll(() => journal.batches.length).toBe(1)
  writes.push(...['c', 'd', 'e'].map(create))
  settle(0)
  await expect.poll(() => journal.batches.length).toBe(2)
  settle(1)
  await Promise.all(writes)
  expect(journal.batches.map(({ keys }) => keys)).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
  expect(store.range('').entries).toHaveLength(5)
})

test('ST26 what gathered behind a refused batch goes with it; what waited for its turn on a key is tried again', async () => {
  const { store, journal, settle, create } = openHeld()
  const base = store.revision
  const refused = [create('a')]
  await expect.poll(() => journal.batches.length).toBe(1)
  refused.push(create('b'))
  const waiting = create('a')
  settle(0, new StoreFull('/data/store.db'))
  for (const write of refused) await expect(write).rejects.toThrow(StoreFull)
  expect(store.revision).toBe(base)

  settle(1)
  expect(await waiting).toMatchObject({ kind: 'written', entry: { text: `a@${base + 1}`, revision: base + 1 } })
  expect(journal.batches.map(({ keys }) => keys)).toEqual([['a'], ['a']])
  expect(store.revision).toBe(base + 1)
})
