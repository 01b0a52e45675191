// Who listens to which prefix. An event costs the prefixes that cover its key, not the number of watchers.

import type { StoreEvent, Subscription } from './store.ts'

interface Subscriber {
  readonly listener: (event: StoreEvent) => void
  /** What it has seen; a listener that joins while an event is being published does not get that one twice. */
  readonly afterRevision: number
}

export class Subscriptions {
  readonly #byPrefix = new Map<string, Set<Subscriber>>()
  /** How many prefixes there are of each length. */
  readonly #counts = new Map<number, number>()
  /** The slices of a key worth looking up. */
  #lengths: readonly number[] = []

  add(prefix: string, afterRevision: number, listener: (event: StoreEvent) => void): Subscription {
    const subscriber: Subscriber = { listener, afterRevision }
    const subscribers = this.#byPrefix.get(prefix) ?? this.#open(prefix)
    subscribers.add(subscriber)
    return {
      close: () => {
        if (subscribers.delete(subscriber) && subscribers.size === 0) this.#forget(prefix)
      },
    }
  }

  /**
   * Gives the event to everyone it concerns. A listener that throws is a bug of its owner: the others still get the
   * event, and the error comes up as an uncaught exception.
   */
  publish(event: StoreEvent): void {
    for (const length of this.#lengths) {
      const subscribers = length > event.key.length ? undefined : this.#byPrefix.get(event.key.slice(0, length))
      if (subscribers === undefined) continue
      for (const { listener, afterRevision } of subscribers) {
        if (event.revision <= afterRevision) continue
        try {
          listener(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
  }

  clear(): void {
    for (const subscribers of this.#byPrefix.values()) subscribers.clear()
    this.#byPrefix.clear()
    this.#counts.clear()
    this.#lengths = []
  }

  #open(prefix: string): Set<Subscriber> {
    const subscribers = new Set<Subscriber>()
    this.#byPrefix.set(prefix, subscribers)
    this.#count(prefix.length, 1)
    return subscribers
  }

  #forget(prefix: string): void {
    this.#byPrefix.delete(prefix)
    this.#count(prefix.length, -1)
  }

  #count(length: number, more: number): void {
    const count = (this.#counts.get(length) ?? 0) + more
    if (count === 0) this.#counts.delete(length)
    else this.#counts.set(length, count)
    this.#lengths = [...this.#counts.keys()]
  }
}
