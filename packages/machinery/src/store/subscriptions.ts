// Who listens to which prefix. An event costs the prefixes that cover its key, not the number of watchers.

import type { StoreEvent, Subscription } from './store.ts'

interface Subscriber {
  readonly listener: (event: StoreEvent) => void
  /** What it has seen; a listener that joins while an event is being published does not get that one twice. */
  readonly afterRevision: number
}

export class Subscriptions {
  readonly #byPrefix = new Map<string, Set<Subscriber>>()
  /** How many prefixes there are of each length: the lengths are the slices of a key worth looking up. */
  readonly #lengths = new Map<number, number>()

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
    for (const length of this.#lengths.keys()) {
      if (length > event.key.length) continue
      for (const { listener, afterRevision } of this.#byPrefix.get(event.key.slice(0, length)) ?? []) {
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
    this.#lengths.clear()
  }

  #open(prefix: string): Set<Subscriber> {
    const subscribers = new Set<Subscriber>()
    this.#byPrefix.set(prefix, subscribers)
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1)
    return subscribers
  }

  #forget(prefix: string): void {
    this.#byPrefix.delete(prefix)
    const others = (this.#lengths.get(prefix.length) ?? 1) - 1
    if (others === 0) this.#lengths.delete(prefix.length)
    else this.#lengths.set(prefix.length, others)
  }
}
