// The body of a watch: frames on demand, so that a reader who is slow holds up nobody and fills no memory.

import type { Clock, Timer } from '@sheaf/api/meta'
import type { Change, WatchStart } from '../registry/watch.ts'
import type { Subscription } from '../store/store.ts'
import type { FrameEncoder } from './watch-frames.ts'

/**
 * What may wait for one watcher. One that is further behind is ended after what it already has; it comes back from the
 * last revision it saw, which costs less than to remember everything for it.
 */
const maxQueuedBytes = 4 * 1024 * 1024

/** As kube-apiserver: often enough that a quiet watcher's revision stays fresh. */
const bookmarkIntervalMs = 60_000
/** A last bookmark before the end, so that the next watch begins where this one was. */
const lastBookmarkMs = 2_000

export interface WatchStreamOptions {
  start: WatchStart
  encoder: FrameEncoder
  clock: Clock
  /** When the watch ends by itself. */
  timeoutMs: number
  bookmarks: boolean
  marksInitialEnd: boolean
  /** The store's revision: everything up to it has been heard. */
  revision(): number
  signal: AbortSignal | undefined
  onEnd(stream: WatchStream): void
}

type Queued = { kind: 'change'; change: Change } | { kind: 'bookmark'; revision: number; endsInitial: boolean }
type Next = IteratorResult<string, undefined>

const end: Next = { done: true, value: undefined }

export class WatchStream implements AsyncIterableIterator<string, undefined> {
  readonly #options: WatchStreamOptions
  readonly #subscription: Subscription
  readonly #timers = new Set<Timer>()
  /** Who waits for something to read. */
  #readers: (() => void)[] = []
  #initial: Iterator<string> | undefined
  #queue: Queued[] = []
  #queuedBytes = 0
  #isEnded = false

  constructor(options: WatchStreamOptions) {
    this.#options = options
    const { start, encoder, marksInitialEnd, timeoutMs, bookmarks, signal } = options
    this.#initial = start.initial.values().map((encoded) => encoder.initial(encoded))
    if (marksInitialEnd) this.#queue.push({ kind: 'bookmark', revision: start.revision, endsInitial: true })
    this.#subscription = start.follow((change) => this.#take(change))
    if (this.#isEnded) this.#subscription.close()
    else {
      this.#later(timeoutMs, () => this.end())
      if (bookmarks) this.#scheduleBookmarks(timeoutMs)
    }
    if (signal?.aborted === true) this.#abandon()
    else signal?.addEventListener('abort', this.#abandon, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Frames are made here, for the reader alone: an object that cannot be shown is no trouble of who wrote it. */
  async next(): Promise<Next> {
    try {
      for (;;) {
        const ready = this.#ready()
        if (ready !== undefined) return ready
        await new Promise<void>((wake) => this.#readers.push(wake))
      }
    } catch (error) {
      this.#abandon()
      throw error
    }
  }

  return(): Promise<Next> {
    this.#abandon()
    return Promise.resolve(end)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** No more changes; what is queued can still be read. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    // Within the constructor the subscription is not there yet: the past alone was too much.
    this.#subscription?.close()
    for (const timer of this.#timers) timer.cancel()
    this.#options.signal?.removeEventListener('abort', this.#abandon)
    this.#options.onEnd(this)
    this.#wake()
  }

  readonly #abandon = (): void => {
    this.#queue = []
    this.#initial = undefined
    this.end()
  }

  #take(change: Change): void {
    if (this.#isEnded) return
    this.#queuedBytes += change.encoded.text.length
    this.#queue.push({ kind: 'change', change })
    this.#wake()
    if (this.#queuedBytes > maxQueuedBytes) this.end()
  }

  #wake(): void {
    const readers = this.#readers
    this.#readers = []
    for (const wake of readers) wake()
  }

  #ready(): Next | undefined {
    const initial = this.#initial?.next()
    if (initial?.done === false) return initial
    this.#initial = undefined
    const queued = this.#queue.shift()
    if (queued !== undefined) return { done: false, value: this.#encode(queued) }
    return this.#isEnded ? end : undefined
  }

  #encode(queued: Queued): string {
    const { encoder } = this.#options
    if (queued.kind === 'bookmark') return encoder.bookmark(queued.revision, queued.endsInitial)
    this.#queuedBytes -= queued.change.encoded.text.length
    return encoder.change(queued.change)
  }

  #scheduleBookmarks(timeoutMs: number): void {
    const again = (): void => {
      this.#bookmark()
      this.#later(bookmarkIntervalMs, again)
    }
    this.#later(bookmarkIntervalMs, again)
    if (timeoutMs > lastBookmarkMs) this.#later(timeoutMs - lastBookmarkMs, () => this.#bookmark())
  }

  #bookmark(): void {
    this.#queue.push({ kind: 'bookmark', revision: this.#options.revision(), endsInitial: false })
    this.#wake()
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      run()
    })
    this.#timers.add(timer)
  }
}
