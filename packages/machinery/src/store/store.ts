// Revisioned objects under keys. One counter for everything; every write is one revision; nothing is ever lost
// between a list at revision N and a watch from N. Texts go in and come out as they are: the store reads none of them.

/** One stored text at one revision. Immutable. */
export interface StoredEntry {
  readonly key: string
  readonly text: string
  /** The revision of the last write. */
  readonly revision: number
  /** The revision that created the key. */
  readonly createRevision: number
}

/** One revision: what was there before, and what is there now (undefined after a delete). */
export interface StoreEvent {
  readonly revision: number
  readonly key: string
  readonly before: StoredEntry | undefined
  readonly after: StoredEntry | undefined
}

export interface Write {
  key: string
  /** The revision the key must have now; 0 means that it must not exist. */
  expect: number
  /**
   * The new text, given the revision that it will have (an object carries its own resourceVersion); `null` deletes.
   * Must be quick and without effects: it runs inside the append, once for each attempt.
   */
  text: ((revision: number) => string) | null
}

export type WriteResult =
  | { kind: 'written'; entry: StoredEntry }
  | { kind: 'deleted'; before: StoredEntry; revision: number }
  /** `expect` did not hold; `current` is what is there. */
  | { kind: 'conflict'; current: StoredEntry | undefined }

export interface RangeOptions {
  /** Read the past: the state right after this revision. Default: now. */
  revision?: number
  limit?: number
  /** Only keys after this one: the last key of the page before. */
  after?: string
}

export interface Range {
  entries: StoredEntry[]
  /** The revision that the entries are a snapshot of. */
  revision: number
  /** How many more there are after the last one given. */
  remaining: number
}

export interface Subscription {
  close(): void
}

export interface Store {
  /** The last acknowledged revision. Above 0 from the start and never smaller after a reopen. */
  readonly revision: number
  /** History up to and including this revision is gone. */
  readonly compactedRevision: number

  get(key: string): StoredEntry | undefined
  /**
   * All keys that begin with `prefix`, in key order (by code unit, as JavaScript sorts). The state right after
   * `compactedRevision` can still be read. Throws RevisionCompacted or RevisionInFuture.
   */
  range(prefix: string, options?: RangeOptions): Range
  /**
   * Compare and append. Resolves only when the revision is on disk. Writes to one key happen in the order of the
   * calls. Throws StoreFull (nothing was changed, later writes may succeed), StoreFailed or StoreClosed.
   */
  write(write: Write): Promise<WriteResult>
  /**
   * Calls `listener` for every event under `prefix` after `fromRevision`: first the past, synchronously inside this
   * call, then each new one as it is acknowledged, in order and exactly once. Throws RevisionInFuture, or
   * RevisionCompacted when one of them may be forgotten (a quiet prefix is not refused because others were busy).
   */
  watch(prefix: string, fromRevision: number, listener: (event: StoreEvent) => void): Subscription
  /** Forgets history up to `revision`; current entries stay. */
  compact(revision: number): Promise<void>
  /** Finishes what was asked before, then refuses with StoreClosed. Reads still answer with the last state. */
  close(): Promise<void>
}

export class RevisionCompacted extends Error {
  readonly requested: number
  readonly compacted: number
  constructor(requested: number, compacted: number) {
    super(`too old resource version: ${requested} (${compacted})`)
    this.name = 'RevisionCompacted'
    this.requested = requested
    this.compacted = compacted
  }
}

export class RevisionInFuture extends Error {
  readonly requested: number
  readonly current: number
  constructor(requested: number, current: number) {
    super(`Too large resource version: ${requested}, current: ${current}`)
    this.name = 'RevisionInFuture'
    this.requested = requested
    this.current = current
  }
}

export class StoreFull extends Error {
  constructor(path: string, options?: ErrorOptions) {
    super(`no space left on the disk that holds ${path}`, options)
    this.name = 'StoreFull'
  }
}

/** The disk or the thread that writes failed in a way that cannot be retried. Reads go on; the cause says why. */
export class StoreFailed extends Error {
  constructor(path: string, options?: ErrorOptions) {
    super(`${path} takes no more writes after a failure; what was acknowledged is safe. Mend the cause and restart`, options)
    this.name = 'StoreFailed'
  }
}

export class StoreClosed extends Error {
  constructor() {
    super('the store is closed')
    this.name = 'StoreClosed'
  }
}
