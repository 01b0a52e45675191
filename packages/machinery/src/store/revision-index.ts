// The state now, in key order, and the way back: the events since compaction. Every past revision is the present
// with the later events undone. Synchronous and in memory; who writes and what is durable is decided elsewhere.

import { ForgottenFolders } from './forgotten-folders.ts'
import { SortedKeys } from './sorted-keys.ts'
import { type Range, type RangeOptions, RevisionCompacted, RevisionInFuture, type StoredEntry, type StoreEvent } from './store.ts'

/** The revision of a store that nothing was written to: above 0, because clients read "0" as "any". */
export const FIRST_REVISION = 1

/** What an index is built from: the state now and every event after `compactedRevision`, in order. */
export interface IndexContent {
  compactedRevision: number
  entries: readonly StoredEntry[]
  history: StoreEvent[]
}

const EMPTY_CONTENT: Readonly<IndexContent> = { compactedRevision: FIRST_REVISION, entries: [], history: [] }

export class RevisionIndex {
  readonly #entries: Map<string, StoredEntry>
  readonly #keys: SortedKeys
  readonly #forgotten: ForgottenFolders
  /** Dense: the event of revision r is at r - compactedRevision - 1. */
  readonly #history: StoreEvent[]
  #historyText: number
  #compactedRevision: number

  constructor(content: Readonly<IndexContent> = EMPTY_CONTENT) {
    this.#entries = new Map(content.entries.map((entry) => [entry.key, entry]))
    this.#keys = new SortedKeys(this.#entries.keys())
    this.#forgotten = new ForgottenFolders(content.compactedRevision)
    this.#history = [...content.history]
    this.#historyText = this.#history.reduce((sum, event) => sum + textOnlyIn(event), 0)
    this.#compactedRevision = content.compactedRevision
  }

  get revision(): number {
    return this.#compactedRevision + this.#history.length
  }

  get compactedRevision(): number {
    return this.#compactedRevision
  }

  /** Characters of text that only the history still holds. */
  get historyText(): number {
    return this.#historyText
  }

  get(key: string): StoredEntry | undefined {
    return this.#entries.get(key)
  }

  /** Takes in the next event. */
  apply(event: StoreEvent): void {
    if (event.revision !== this.revision + 1) throw new Error(`revision ${event.revision} cannot follow ${this.revision}`)
    if (event.after) {
      this.#entries.set(event.key, event.after)
      if (!event.before) this.#keys.add(event.key)
    } else {
      this.#entries.delete(event.key)
      this.#keys.delete(event.key)
    }
    this.#history.push(event)
    this.#historyText += textOnlyIn(event)
  }

  range(prefix: string, options: RangeOptions = {}): Range {
    const { revision = this.revision, limit = Number.POSITIVE_INFINITY, after } = options
    if (revision > this.revision) throw new RevisionInFuture(revision, this.revision)
    if (revision < this.#compactedRevision) throw new RevisionCompacted(revision, this.#compactedRevision)

    const isPast = (key: string) => after !== undefined && key <= after
    const from = this.#keys.rank((key) => key < prefix || isPast(key))
    const to = Math.max(
      from,
      this.#keys.rank((key) => key < prefix || key.startsWith(prefix)),
    )
    if (revision === this.revision) {
      const entries = this.#presentOf(this.#keys.slice(from, Math.min(to, from + limit)))
      return { entries, revision, remaining: to - from - entries.length }
    }
    const then = this.#changedSince(revision, (key) => key.startsWith(prefix) && !isPast(key))
    const isCreatedSince = (key: string) => then.has(key) && !then.get(key)
    const deletedSince = [...then].filter(([key, entry]) => entry && !this.#entries.has(key)).map(([key]) => key)
    const createdSince = [...then.keys()].filter((key) => isCreatedSince(key) && this.#entries.has(key)).length

    // A page holds at most `limit` keys, so what is looked at is that many and those it leaves out.
    const present = this.#keys.slice(from, Math.min(to, from + limit + createdSince)).filter((key) => !isCreatedSince(key))
    const keys = (deletedSince.length > 0 ? [...present, ...deletedSince].sort() : present).slice(0, limit)
    const entries = keys.flatMap((key) => (then.has(key) ? then.get(key) : this.#entries.get(key)) ?? [])
    return { entries, revision, remaining: to - from - createdSince + deletedSince.length - entries.length }
  }

  #presentOf(keys: readonly string[]): StoredEntry[] {
    const entries: StoredEntry[] = []
    for (const key of keys) {
      const entry = this.#entries.get(key)
      if (entry !== undefined) entries.push(entry)
    }
    return entries
  }

  /** The events under `prefix` after `revision`, in order. */
  since(prefix: string, revision: number): StoreEvent[] {
    if (revision > this.revision) throw new RevisionInFuture(revision, this.revision)
    // A prefix that lost no event to compaction has its whole past, however busy the others were.
    if (revision < this.#forgotten.lastUnder(prefix)) throw new RevisionCompacted(revision, this.#compactedRevision)
    return this.#eventsAfter(revision).filter((event) => event.key.startsWith(prefix))
  }

  /** Forgets the events up to `revision`, which is not in the future. */
  compact(revision: number): void {
    if (revision <= this.#compactedRevision) return
    for (const event of this.#history.splice(0, revision - this.#compactedRevision)) {
      this.#historyText -= textOnlyIn(event)
      this.#forgotten.note(event)
    }
    this.#compactedRevision = revision
  }

  /** The revision to compact to so that the history holds at most `characters` of text. */
  revisionThatLeaves(characters: number): number {
    let left = this.#historyText
    let revision = this.#compactedRevision
    for (const event of this.#history) {
      if (left <= characters) break
      left -= textOnlyIn(event)
      revision = event.revision
    }
    return revision
  }

  /** What the keys that changed after `revision` were then. */
  #changedSince(revision: number, includes: (key: string) => boolean): Map<string, StoredEntry | undefined> {
    const then = new Map<string, StoredEntry | undefined>()
    for (const { key, before } of this.#eventsAfter(revision)) if (!then.has(key) && includes(key)) then.set(key, before)
    return then
  }

  #eventsAfter(revision: number): StoreEvent[] {
    return this.#history.slice(Math.max(0, revision - this.#compactedRevision))
  }
}

/** The text after an event is also the text before the next one, or current: only the one before is the history's own. */
function textOnlyIn(event: StoreEvent): number {
  return event.before?.text.length ?? 0
}
