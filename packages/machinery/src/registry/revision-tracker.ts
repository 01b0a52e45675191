// Which resource changed last at which revision, and who waits for a revision to come.

import type { Clock } from '@sheaf/api/meta'
import type { Store, Subscription } from '../store/store.ts'

interface Waiter {
  revision: number
  resolve(reached: boolean): void
}

/**
 * The store forgets history for all resources at once. This remembers each one's last change, so that a watch on a
 * quiet resource goes on from a revision that is long gone: it missed nothing.
 */
export class RevisionTracker {
  readonly #store: Store
  readonly #clock: Clock
  readonly #lastChanges = new Map<string, number>()
  /** What happened up to here was not seen: any resource may have changed then. */
  readonly #blindUntil: number
  readonly #waiters = new Set<Waiter>()
  readonly #subscription: Subscription

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#blindUntil = store.compactedRevision
    this.#subscription = store.watch('/', this.#blindUntil, (event) => {
      this.#lastChanges.set(resourcePrefixOf(event.key), event.revision)
      this.#wake(event.revision)
    })
  }

  /** No object under the resource's prefix changed after this revision. */
  lastChange(resourcePrefix: string): number {
    return this.#lastChanges.get(resourcePrefix) ?? this.#blindUntil
  }

  /** Whether the store gets to `revision` within `timeoutMs`. */
  reached(revision: number, timeoutMs: number): Promise<boolean> {
    if (this.#store.revision >= revision) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        revision,
        resolve: (reached) => {
          this.#waiters.delete(waiter)
          timer.cancel()
          resolve(reached)
        },
      }
      const timer = this.#clock.after(timeoutMs, () => waiter.resolve(false))
      this.#waiters.add(waiter)
    })
  }

  close(): void {
    this.#subscription.close()
    for (const waiter of this.#waiters) waiter.resolve(false)
  }

  #wake(revision: number): void {
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve(true)
  }
}

/** `/group/plural/` of a key. */
function resourcePrefixOf(key: string): string {
  return key.slice(0, key.indexOf('/', key.indexOf('/', 1) + 1) + 1)
}
