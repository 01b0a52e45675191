// What a write promises.

import { expect, test } from 'vitest'
import { StoreClosed, type StoreEvent } from '../store.ts'
import type { Open } from './open.ts'
import { increment, put } from './puts.ts'

export function testWrites(open: Open): void {
  test('ST2 an empty store is at a revision above 0', async () => {
    const store = await open()
    expect(store.revision).toBeGreaterThan(0)
    expect(store.range('')).toEqual({ entries: [], revision: store.revision, remaining: 0 })
  })

  test('ST3 64 writers that compare and append lose no update, and every revision is used once', async () => {
    const store = await open()
    const first = store.revision
    const events: StoreEvent[] = []
    store.watch('', first, (event) => events.push(event))
    const increments = 20
    const written = await Promise.all(
      Array.from({ length: 64 }, async (_, writer) => {
        const revisions: number[] = []
        for (let i = 0; i < increments; i++) revisions.push(await increment(store, `counter/${writer % 4}`))
        return revisions
      }),
    )
    expect(store.range('counter/').entries.map(({ text }) => text)).toEqual(Array(4).fill(String(16 * increments)))
    const revisions = Array.from({ length: 64 * increments }, (_, i) => first + 1 + i)
    expect(written.flat().sort((a, b) => a - b)).toEqual(revisions)
    expect(events.map(({ revision }) => revision)).toEqual(revisions)
  })

  test('ST4 a write whose expectation does not hold changes nothing and says what is there', async () => {
    const store = await open()
    const entry = await put(store, 'a', 'one')
    const { revision } = store
    expect(await store.write({ key: 'a', expect: 0, text: () => 'two' })).toEqual({ kind: 'conflict', current: entry })
    expect(await store.write({ key: 'a', expect: entry.revision - 1, text: null })).toEqual({ kind: 'conflict', current: entry })
    expect(await store.write({ key: 'b', expect: 7, text: () => 'two' })).toEqual({ kind: 'conflict', current: undefined })
    expect(store.revision).toBe(revision)
  })

  test('ST5 a delete consumes a revision, and there is nothing to delete twice', async () => {
    const store = await open()
    const before = await put(store, 'a', 'one')
    expect(await store.write({ key: 'a', expect: before.revision, text: null })).toEqual({
      kind: 'deleted',
      before,
      revision: before.revision + 1,
    })
    expect(store.revision).toBe(before.revision + 1)
    expect(await store.write({ key: 'a', expect: 0, text: null })).toEqual({ kind: 'conflict', current: undefined })
    const again = await put(store, 'a', 'two')
    expect(again.createRevision).toBe(again.revision)
  })

  test('ST6 writes to one key happen in the order of the calls, each against what the one before left', async () => {
    const store = await open()
    const base = store.revision
    const results = await Promise.all([
      store.write({ key: 'a', expect: 0, text: () => 'one' }),
      store.write({ key: 'a', expect: 0, text: () => 'lost' }),
      store.write({ key: 'a', expect: base + 1, text: () => 'two' }),
      store.write({ key: 'a', expect: base + 2, text: null }),
      store.write({ key: 'a', expect: 0, text: () => 'three' }),
    ])
    expect(results.map(({ kind }) => kind)).toEqual(['written', 'conflict', 'written', 'deleted', 'written'])
    expect(store.get('a')).toMatchObject({ text: 'three', revision: base + 4, createRevision: base + 4 })
  })

  test('ST7 a text is made with the revision that it gets, and one that cannot be made uses none', async () => {
    const store = await open()
    const fail = () => {
      throw new Error('no text')
    }
    const results = await Promise.allSettled([
      store.write({ key: 'a', expect: 0, text: (revision) => `at ${revision}` }),
      store.write({ key: 'b', expect: 0, text: fail }),
      store.write({ key: 'c', expect: 0, text: (revision) => `at ${revision}` }),
    ])
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { message: 'no text' } })
    const entries = store.range('').entries
    expect(entries.map(({ key }) => key)).toEqual(['a', 'c'])
    for (const { text, revision } of entries) expect(text).toBe(`at ${revision}`)
    await put(store, 'b', 'now')
  })

  test('ST8 what would not be the same after a restart is refused', async () => {
    const store = await open()
    await expect(store.write({ key: 'a', expect: 0, text: () => '\ud800' })).rejects.toThrow('well-formed')
    await expect(store.write({ key: '\udfff', expect: 0, text: () => 'one' })).rejects.toThrow('well-formed')
    await put(store, '\u{1F33E}\0', '\u{1F33E}\0')
  })

  test('ST9 an unacknowledged write is invisible, an acknowledged one is there for everybody', async () => {
    const store = await open()
    const { revision } = store
    let heard = 0
    store.watch('', revision, (event) => {
      heard = event.revision
      expect(store.revision).toBe(event.revision)
      expect(store.get(event.key)).toBe(event.after)
    })
    const write = put(store, 'a', 'one')
    expect([store.revision, store.get('a'), store.range('').entries, heard]).toEqual([revision, undefined, [], 0])
    const entry = await write
    expect([store.revision, store.get('a'), store.range('').entries, heard]).toEqual([
      entry.revision,
      entry,
      [entry],
      entry.revision,
    ])
  })

  test('ST23 close finishes what was asked, refuses what comes after, and ends every watch', async () => {
    const store = await open()
    let heard = 0
    store.watch('', store.revision, () => heard++)
    const writes = Promise.all([
      store.write({ key: 'a', expect: 0, text: () => 'one' }),
      store.write({ key: 'a', expect: store.revision + 1, text: () => 'two' }),
      store.write({ key: 'b', expect: 0, text: () => 'three' }),
    ])
    const closed = store.close()
    await expect(store.write({ key: 'c', expect: 0, text: () => 'late' })).rejects.toThrow(StoreClosed)
    await expect(store.compact(store.revision)).rejects.toThrow(StoreClosed)
    expect(() => store.watch('', store.revision, () => {})).toThrow(StoreClosed)
    expect((await writes).map(({ kind }) => kind)).toEqual(['written', 'written', 'written'])
    await closed
    await store.close()
    expect(heard).toBe(3)
    expect(store.range('').entries.map(({ text }) => text)).toEqual(['two', 'three'])
  })
}
