// What a read promises.

import { expect, test } from 'vitest'
import { RevisionInFuture } from '../store.ts'
import type { Open } from './open.ts'
import { put, remove } from './puts.ts'

export function testReads(open: Open): void {
  test('ST10 a range is all keys under the prefix in key order, and the revision it shows', async () => {
    const store = await open()
    for (const key of ['b/2', 'a/9', 'b', 'b/10', 'c', 'b/1', 'b0']) await put(store, key, key)
    expect(store.range('b/').entries.map(({ key }) => key)).toEqual(['b/1', 'b/10', 'b/2'])
    expect(store.range('b').entries.map(({ key }) => key)).toEqual(['b', 'b/1', 'b/10', 'b/2', 'b0'])
    expect(store.range('').revision).toBe(store.revision)
  })

  test('ST11 the pages of one revision are one snapshot, whatever is written between them', async () => {
    const store = await open()
    await Promise.all(Array.from({ length: 500 }, (_, i) => put(store, `a/${i}`, String(i))))
    const snapshot = store.range('a/')
    const paged: string[] = []
    let page = store.range('a/', { limit: 30 })
    for (;;) {
      paged.push(...page.entries.map(({ key, text }) => `${key}=${text}`))
      expect(page.remaining).toBe(500 - paged.length)
      if (page.remaining === 0) break
      const last = page.entries.at(-1)?.key ?? ''
      await Promise.all([
        put(store, `a/${paged.length}`, 'changed'),
        put(store, `a/new-${paged.length}`, 'new'),
        put(store, `a/0-${paged.length}`, 'new'),
        remove(store, `a/${499 - paged.length}`),
      ])
      page = store.range('a/', { limit: 30, after: last, revision: snapshot.revision })
    }
    expect(paged).toEqual(snapshot.entries.map(({ key, text }) => `${key}=${text}`))
  })

  test('ST12 a past revision reads exactly as it was', async () => {
    const store = await open()
    const states = [store.range('')]
    for (let i = 0; i < 60; i++) {
      const key = `a/${(i * 7) % 11}`
      if (i % 5 === 4 && store.get(key)) await remove(store, key)
      else await put(store, key, `text ${i}`)
      states.push(store.range(''))
    }
    for (const state of states) expect(store.range('', { revision: state.revision })).toEqual(state)
  })

  test('ST13 a revision that does not exist yet is refused', async () => {
    const store = await open()
    const { revision } = await put(store, 'a', 'one')
    expect(() => store.range('', { revision: revision + 1 })).toThrow(new RevisionInFuture(revision + 1, revision))
    expect(() => store.watch('', revision + 1, () => {})).toThrow(RevisionInFuture)
    await expect(store.compact(revision + 1)).rejects.toThrow(RevisionInFuture)
  })

  test('ST14 100,000 keys go in and page out in time that grows with the keys, not with their square', async () => {
    const store = await open({ history: { maxRevisions: 200_000 } })
    const count = 100_000
    const keyOf = (i: number) => `a/${(i * 48_271) % count}`.padEnd(10, '0') + i
    await Promise.all(Array.from({ length: count }, (_, i) => store.write({ key: keyOf(i), expect: 0, text: () => '' })))
    const start = performance.now()
    let seen = 0
    for (let page = store.range('a/', { limit: 500 }); ; ) {
      seen += page.entries.length
      const after = page.entries.at(-1)?.key
      if (page.remaining === 0 || after === undefined) break
      page = store.range('a/', { limit: 500, after })
    }
    expect(seen).toBe(count)
    // Sorting all keys for each of the 200 pages would take some 10 s.
    expect(performance.now() - start).toBeLessThan(2_000)
  }, 30_000)
}
