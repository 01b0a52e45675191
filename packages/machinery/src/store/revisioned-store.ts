// The store itself, over a journal that makes writes durable. Readers and watchers see only what the journal has
// confirmed. While it commits, further writes gather into the next batch: many writers share one sync of the disk.

import { type HistoryLimits, Retention } from './retention.ts'
import type { RevisionIndex } from './revision-index.ts'
import {
  type Range,
  type RangeOptions,
  RevisionInFuture,
  type Store,
  StoreClosed,
  type StoredEntry,
  type StoreEvent,
  type Subscription,
  type Write,
  type WriteResult,
} from './store.ts'
import { Subscriptions } from './subscriptions.ts'

/** Where events become durable. The store calls `append` again only after the one before has settled. */
export interface Journal {
  /** All of them or none. Rejects with StoreFull when there was no space, and works again when there is. */
  append(events: readonly StoreEvent[]): Promise<void>
  compact(revision: number): Promise<void>
  close(): Promise<void>
}

export interface StoreOptions {
  history?: Partial<HistoryLimits>
  /** Milliseconds; only differences count. */
  now?: () => number
  /** Puts a commit off for as long as others can still join it: to the end of this turn unless said otherwise. */
  soon?: (run: () => void) => void
}

interface Attempt {
  readonly write: Write
  readonly resolve: (result: WriteResult) => void
  readonly reject: (error: unknown) => void
}

interface Prepared {
  readonly event: StoreEvent
  readonly attempt: Attempt
}

export class RevisionedStore implements Store {
  readonly #index: RevisionIndex
  readonly #journal: Journal
  readonly #retention: Retention
  readonly #subscriptions = new Subscriptions()
  /** The keys with an unsettled write, and the writes that wait behind it. */
  readonly #turns = new Map<string, Attempt[]>()
  readonly #soon: (run: () => void) => void
  readonly #settled = Promise.withResolvers<void>()
  #lastAssigned: number
  #gathered: Prepared[] = []
  #isCommitDue = false
  #isCommitting = false
  #isCompacting = false
  #closing: Promise<void> | undefined

  constructor(index: RevisionIndex, journal: Journal, options: StoreOptions = {}) {
    this.#index = index
    this.#journal = journal
    this.#retention = new Retention(options.history, options.now ?? (() => performance.now()), index.revision)
    this.#lastAssigned = index.revision
    this.#soon = options.soon ?? queueMicrotask
  }

  get revision(): number {
    return this.#index.revision
  }

  get compactedRevision(): number {
    return this.#index.compactedRevision
  }

  get(key: string): StoredEntry | undefined {
    return this.#index.get(key)
  }

  range(prefix: string, options?: RangeOptions): Range {
    return this.#index.range(prefix, options)
  }

  watch(prefix: string, fromRevision: number, listener: (event: StoreEvent) => void): Subscription {
    if (this.#closing) throw new StoreClosed()
    for (const event of this.#index.since(prefix, fromRevision)) listener(event)
    return this.#subscriptions.add(prefix, this.#index.revision, listener)
  }

  async write(write: Write): Promise<WriteResult> {
    if (this.#closing) throw new StoreClosed()
    const { promise, resolve, reject } = Promise.withResolvers<WriteResult>()
    const attempt: Attempt = { write, resolve, reject }
    const waiting = this.#turns.get(write.key)
    if (waiting) waiting.push(attempt)
    else if (this.#prepare(attempt)) this.#turns.set(write.key, [])
    return promise
  }

  async compact(revision: number): Promise<void> {
    if (this.#closing) throw new StoreClosed()
    if (revision > this.revision) throw new RevisionInFuture(revision, this.revision)
    if (revision <= this.compactedRevision) return
    await this.#journal.compact(revision)
    this.#index.compact(revision)
  }

  /** What was asked before is still done; listeners hear nothing more after that. */
  close(): Promise<void> {
    this.#closing ??= this.#settled.promise.then(() => {
      this.#subscriptions.clear()
      return this.#journal.close()
    })
    this.#settleIfClosing()
    return this.#closing
  }

  /** Answers a conflict at once; else gives the write its revision and its place in the next batch. */
  #prepare(attempt: Attempt): boolean {
    const { write, resolve, reject } = attempt
    const current = this.#index.get(write.key)
    if ((current?.revision ?? 0) !== write.expect || (!current && !write.text)) {
      resolve({ kind: 'conflict', current })
      return false
    }
    const revision = this.#lastAssigned + 1
    try {
      this.#gathered.push({ event: eventOf(write, current, revision), attempt })
    } catch (error) {
      reject(error)
      return false
    }
    this.#lastAssigned = revision
    this.#commitSoon()
    return true
  }

  /** What is written until then shares a commit. */
  #commitSoon(): void {
    if (this.#isCommitting || this.#isCommitDue) return
    this.#isCommitDue = true
    this.#soon(() => {
      this.#isCommitDue = false
      this.#commit()
    })
  }

  #commit(): void {
    if (this.#isCommitting || this.#gathered.length === 0) return
    const batch = this.#gathered
    this.#gathered = []
    this.#isCommitting = true
    this.#journal.append(batch.map(({ event }) => event)).then(
      () => this.#acknowledge(batch),
      (error: unknown) => this.#takeBack(batch, error),
    )
  }

  #acknowledge(batch: readonly Prepared[]): void {
    this.#isCommitting = false
    this.#commit() // the journal works on while this batch is published
    for (const { event, attempt } of batch) {
      this.#index.apply(event)
      this.#subscriptions.publish(event)
      attempt.resolve(resultOf(event))
    }
    this.#nextTurns(batch)
    this.#compactIfDue()
  }

  /** The revisions of the gathered writes build on those that failed, so they go too; the state never had them. */
  #takeBack(batch: readonly Prepared[], error: unknown): void {
    const all = [...batch, ...this.#gathered]
    this.#isCommitting = false
    this.#gathered = []
    this.#lastAssigned = this.#index.revision
    for (const { attempt } of all) attempt.reject(error)
    this.#nextTurns(all)
  }

  #nextTurns(done: readonly Prepared[]): void {
    for (const { event } of done) {
      const waiting = this.#turns.get(event.key) ?? []
      let next = waiting.shift()
      while (next && !this.#prepare(next)) next = waiting.shift()
      if (!next) this.#turns.delete(event.key)
    }
    this.#settleIfClosing()
  }

  #settleIfClosing(): void {
    if (this.#closing && this.#turns.size === 0) this.#settled.resolve()
  }

  #compactIfDue(): void {
    const revision = this.#isCompacting || this.#closing ? undefined : this.#retention.due(this.#index)
    if (revision === undefined) return
    this.#isCompacting = true
    // On a full disk it is due again after the next commit; whatever else is wrong, that commit says.
    this.compact(revision)
      .catch(() => {})
      .finally(() => {
        this.#isCompacting = false
      })
  }
}

function eventOf({ key, text: make }: Write, before: StoredEntry | undefined, revision: number): StoreEvent {
  const text = make ? make(revision) : null
  if (!key.isWellFormed() || text?.isWellFormed() === false) {
    throw new TypeError(
      `cannot store ${JSON.stringify(key)}: key and text must be well-formed Unicode, to be the same after a restart`,
    )
  }
  const after = text === null ? undefined : { key, text, revision, createRevision: before?.createRevision ?? revision }
  return { revision, key, before, after }
}

function resultOf({ revision, before, after }: StoreEvent): WriteResult {
  if (after) return { kind: 'written', entry: after }
  if (before) return { kind: 'deleted', before, revision }
  throw new Error(`revision ${revision} has neither a before nor an after`)
}
