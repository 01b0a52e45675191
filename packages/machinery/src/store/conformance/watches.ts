// What a watch promises.

import { expect, test } from 'vitest'
import type { StoreEvent } from '../store.ts'
import type { Open } from './open.ts'
import { put, remove } from './puts.ts'

export function testWatches(open: Open): void {
  test('ST15 replay and live together give every event after the revision once and in order, from wherever a watch begins', async () => {
    const store = await open()
    const first = store.revision
    const all: StoreEvent[] = []
    store.watch('', first, (event) => all.push(event))
    const watches: { from: number; heard: StoreEvent[] }[] = []
    await Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        for (let i = 0; i < 30; i++) {
          const { revision } = await put(store, `a/${writer}`, String(i))
          const heard: StoreEvent[] = []
          const from = Math.max(first, revision - ((i * 13) % 40))
          store.watch('a/', from, (event) => heard.push(event))
          watches.push({ from, heard })
        }
      }),
    )
    expect(all.map(({ revision }) => revision)).toEqual(Array.from({ length: 480 }, (_, i) => first + 1 + i))
    for (const { from, heard } of watches) expect(heard).toEqual(all.filter(({ revision }) => revision > from))
  })

  test('ST16 a watcher hears of the keys under its prefix and of no others', async () => {
    const store = await open()
    const heard = new Map<string, string[]>(['', 'a', 'a/', 'a/1', 'b/', 'a/1/x'].map((prefix) => [prefix, []]))
    for (const [prefix, keys] of heard) store.watch(prefix, store.revision, ({ key }) => keys.push(key))
    for (const key of ['a', 'a/1', 'a/10', 'ab', 'b/1', 'c']) await put(store, key, key)
    expect(Object.fromEntries(heard)).toEqual({
      '': ['a', 'a/1', 'a/10', 'ab', 'b/1', 'c'],
      a: ['a', 'a/1', 'a/10', 'ab'],
      'a/': ['a/1', 'a/10'],
      'a/1': ['a/1', 'a/10'],
      'b/': ['b/1'],
      'a/1/x': [],
    })
  })

  test('ST17 everybody hears of a revision before anybody hears of the next, also who joins or leaves meanwhile', async () => {
    const store = await open()
    const base = store.revision
    const heard: string[] = []
    const leaver = store.watch('', base, ({ revision }) => heard.push(`leaver ${revision - base}`))
    store.watch('', base, ({ revision }) => {
      heard.push(`early ${revision - base}`)
      if (revision !== base + 1) return
      leaver.close()
      store.watch('a', base, (event) => heard.push(`late ${event.revision - base}`))
    })
    await Promise.all([put(store, 'a', 'one'), put(store, 'ab', 'two'), put(store, 'b', 'three')])
    expect(heard).toEqual(['leaver 1', 'early 1', 'late 1', 'early 2', 'late 2', 'early 3'])
  })

  test('ST17 what a listener writes comes after what is being published', async () => {
    const store = await open()
    const heard: string[] = []
    let echo: Promise<unknown> | undefined
    store.watch('', store.revision, ({ key }) => {
      heard.push(key)
      if (key === 'a') echo = put(store, 'echo', 'one')
    })
    store.watch('', store.revision, ({ key }) => heard.push(`${key}, second`))
    await Promise.all([put(store, 'a', 'one'), put(store, 'b', 'two')])
    await echo
    expect(heard).toEqual(['a', 'a, second', 'b', 'b, second', 'echo', 'echo, second'])
  })

  test('ST18 a listener that throws takes nothing from the others', async () => {
    const store = await open()
    const usual = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
    try {
      const heard: string[] = []
      store.watch('', store.revision, () => {
        throw new Error('a bug of its owner')
      })
      store.watch('', store.revision, ({ key }) => heard.push(key))
      await put(store, 'a', 'one')
      expect(heard).toEqual(['a'])
      expect(await uncaught).toMatchObject({ message: 'a bug of its owner' })
    } finally {
      for (const listener of usual) process.on('uncaughtException', listener)
    }
  })

  test('ST19 an event tells what was there before and what is there now', async () => {
    const store = await open()
    const { revision } = store
    const one = await put(store, 'a', 'one')
    const two = await put(store, 'a', 'two')
    await remove(store, 'a')
    const heard: StoreEvent[] = []
    store.watch('a', revision, (event) => heard.push(event))
    expect(two.createRevision).toBe(one.revision)
    expect(heard).toEqual([
      { revision: revision + 1, key: 'a', before: undefined, after: one },
      { revision: revision + 2, key: 'a', before: one, after: two },
      { revision: revision + 3, key: 'a', before: two, after: undefined },
    ])
  })
}
