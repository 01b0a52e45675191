// Who waits for a revision to come.

import type { Clock } from '@sheaf/api/meta'
import type { Store, Subscription } from '../store/store.ts'

interface Waiter {
  revision: number
  resolve(reached: boolean): void
}

export class RevisionWaiters {
  readonly #store: Store
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  readonly #subscription: Subscription

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#subscription = store.watch('/', store.revision, ({ revision }) => this.#wake(revision))
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
