// How the past goes.

import { expect, test } from 'vitest'
import { RevisionCompacted, type StoreEvent } from '../store.ts'
import type { Open } from './open.ts'
import { put } from './puts.ts'

export function testHistory(open: Open): void {
  test('ST20 compaction forgets the past up to its revision and nothing else', async () => {
    const store = await open()
    await put(store, 'a/1', 'one')
    const kept = await put(store, 'a/2', 'two')
    const state = store.range('')
    const last = await put(store, 'a/1', 'three')
    await store.compact(kept.revision)
    expect(store.compactedRevision).toBe(kept.revision)
    expect(store.range('', { revision: kept.revision })).toEqual(state)
    const gone = new RevisionCompacted(kept.revision - 1, kept.revision)
    expect(() => store.range('', { revision: kept.revision - 1 })).toThrow(gone)
    expect(() => store.watch('a/', kept.revision - 1, () => {})).toThrow(gone)
    const heard: StoreEvent[] = []
    store.watch('', kept.revision, (event) => heard.push(event))
    expect(heard.map(({ after }) => after)).toEqual([last])
    await store.compact(kept.revision - 1)
    expect(store.compactedRevision).toBe(kept.revision)
  })

  test('ST21 a prefix that lost nothing can be watched from before the compaction', async () => {
    const store = await open()
    const quiet = await put(store, 'quiet/1', 'one')
    for (let i = 0; i < 5; i++) await put(store, 'busy/1', String(i))
    await store.compact(store.revision)
    const later = await put(store, 'quiet/2', 'two')
    const heard: string[] = []
    store.watch('quiet/', quiet.revision, ({ key }) => heard.push(key))
    expect(heard).toEqual([later.key])
    for (const prefix of ['', 'busy/', 'busy/1', 'q']) {
      expect(() => store.watch(prefix, quiet.revision, () => {})).toThrow(RevisionCompacted)
    }
    expect(() => store.watch('quiet/', quiet.revision - 1, () => {})).toThrow(RevisionCompacted)
  })

  test('ST22 history past its age goes by itself, but not the last revisions', async () => {
    let now = 0
    const store = await open({ history: { ageMs: 1_000, revisions: 10, maxRevisions: 100, maxText: 1_000_000 }, now: () => now })
    const base = store.revision
    for (let i = 0; i < 50; i++) await put(store, 'a', String(i))
    expect(store.compactedRevision).toBe(base)
    now = 1_000
    await put(store, 'a', 'mark')
    now = 2_000
    await put(store, 'a', 'later')
    await expect.poll(() => store.compactedRevision).toBe(store.revision - 10)
  })

  test('ST22 history never holds more revisions or more text than its limits', async () => {
    const many = await open({ history: { revisions: 10, maxRevisions: 100 } })
    for (let i = 0; i < 300; i++) await put(many, 'a', String(i))
    await expect.poll(() => many.revision - many.compactedRevision).toBeLessThanOrEqual(101)

    const large = await open({ history: { maxText: 10_000 } })
    const base = large.revision
    for (let i = 0; i < 10; i++) await put(large, 'a', 'x'.repeat(1_000))
    expect(large.compactedRevision).toBe(base)
    for (let i = 0; i < 10; i++) await put(large, 'a', 'x'.repeat(1_000))
    await expect.poll(() => large.revision - large.compactedRevision).toBeLessThanOrEqual(11)
  })
}
