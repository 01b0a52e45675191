// The naive store that the real ones are compared with: it keeps a full copy of the state for every revision.

import fc from 'fast-check'
import { expect } from 'vitest'
import { type Range, type RangeOptions, RevisionCompacted, type Store, type StoredEntry, type StoreEvent } from '../store.ts'

class NaiveStore {
  readonly states: Map<string, StoredEntry>[]
  readonly events: StoreEvent[] = []
  readonly firstRevision: number

  constructor(firstRevision: number) {
    this.firstRevision = firstRevision
    this.states = [new Map()]
  }

  get revision(): number {
    return this.firstRevision + this.events.length
  }

  at(revision: number): Map<string, StoredEntry> {
    return this.states[revision - this.firstRevision] ?? new Map()
  }

  write(key: string, text: string | null): void {
    const state = new Map(this.at(this.revision))
    const revision = this.revision + 1
    const before = state.get(key)
    const after = text === null ? undefined : { key, text, revision, createRevision: before?.createRevision ?? revision }
    if (after) state.set(key, after)
    else state.delete(key)
    this.states.push(state)
    this.events.push({ revision, key, before, after })
  }

  range(prefix: string, { revision = this.revision, limit = 1000, after }: RangeOptions): Range {
    const all = [...this.at(revision).values()]
      .filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    return { entries: all.slice(0, limit), revision, remaining: Math.max(0, all.length - limit) }
  }

  since(prefix: string, revision: number): StoreEvent[] {
    return this.events.filter((event) => event.revision > revision && event.key.startsWith(prefix))
  }
}

const KEYS = ['', 'a/', 'a/1', 'a/2', 'a/b/1', 'b', 'b/1', '\u{1F33E}/\0']
const key = fc.constantFrom(...KEYS)
const prefix = fc.constantFrom('', 'a', 'a/', 'a/1', 'a/b/', 'b', 'b/', 'c/', '\u{1F33E}')
/** How far back, of what is there: 0 is now, 1 the oldest that is readable. */
const age = fc.integer({ min: 0, max: 20 }).map((part) => part / 20)

const STEP = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('put' as const), key, text: fc.string({ unit: 'grapheme' }) }), weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant('delete' as const), key }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('conflict' as const), key, off: fc.integer({ min: 1, max: 5 }) }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant('range' as const),
      prefix,
      age,
      limit: fc.integer({ min: 0, max: 6 }),
      after: fc.option(key, { nil: undefined }),
    }),
    weight: 5,
  },
  { arbitrary: fc.record({ kind: fc.constant('watch' as const), prefix, age }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('compact' as const), age }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('reopen' as const) }), weight: 1 },
)
export type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never

/** Long enough for keys to be made, deleted and made again while older revisions are read (the default size is ten). */
export const STEPS = fc.array(STEP, { maxLength: 60, size: 'max' })

/** Takes the steps with both and compares every answer, then all that the watchers heard. */
export async function compareWithModel(
  opened: Store,
  steps: readonly Step[],
  reopen?: (store: Store) => Promise<Store>,
): Promise<Store> {
  let store = opened
  const model = new NaiveStore(store.revision)
  let watchers: { heard: StoreEvent[]; wanted: () => StoreEvent[] }[] = []
  const checkWatchers = () => {
    for (const { heard, wanted } of watchers) expect(heard).toEqual(wanted())
  }
  const revisionOf = (part: number) => model.revision - Math.floor(part * (model.revision - store.compactedRevision))

  for (const step of steps) {
    const current = 'key' in step ? model.at(model.revision).get(step.key) : undefined
    if (step.kind === 'put') {
      const result = await store.write({
        key: step.key,
        expect: current?.revision ?? 0,
        text: (revision) => `${revision}${step.text}`,
      })
      model.write(step.key, `${model.revision + 1}${step.text}`)
      expect(result).toEqual({ kind: 'written', entry: model.at(model.revision).get(step.key) })
    } else if (step.kind === 'delete') {
      const result = await store.write({ key: step.key, expect: current?.revision ?? 0, text: null })
      if (current) model.write(step.key, null)
      const deleted = { kind: 'deleted', before: current, revision: model.revision }
      expect(result).toEqual(current ? deleted : { kind: 'conflict', current: undefined })
    } else if (step.kind === 'conflict') {
      const result = await store.write({ key: step.key, expect: (current?.revision ?? 0) + step.off, text: String })
      expect(result).toEqual({ kind: 'conflict', current })
    } else if (step.kind === 'range') {
      const { limit, after } = step
      const options = { limit, revision: revisionOf(step.age), ...(after === undefined ? {} : { after }) }
      expect(store.range(step.prefix, options)).toEqual(model.range(step.prefix, options))
    } else if (step.kind === 'watch') {
      const from = revisionOf(step.age)
      const heard: StoreEvent[] = []
      store.watch(step.prefix, from, (event) => heard.push(event))
      watchers.push({ heard, wanted: () => model.since(step.prefix, from) })
    } else if (step.kind === 'compact') {
      await store.compact(revisionOf(step.age))
    } else if (reopen) {
      checkWatchers()
      watchers = []
      store = await reopen(store)
    }
    expect(store.revision).toBe(model.revision)
    for (const each of KEYS) expect(store.get(each)).toEqual(model.at(model.revision).get(each))
  }
  checkWatchers()
  expect(() => store.range('', { revision: store.compactedRevision - 1 })).toThrow(RevisionCompacted)
  return store
}
