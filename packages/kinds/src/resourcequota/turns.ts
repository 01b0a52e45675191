// One at a time, by name: whoever comes next waits for the one before.

export interface Turns {
  /** Resolves when it is this one's turn, which ends when the function that it resolves with is called. */
  take(name: string): Promise<() => void>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>()
  return {
    async take(name) {
      const before = last.get(name)
      const own = Promise.withResolvers<void>()
      last.set(name, own.promise)
      await before
      return () => {
        own.resolve()
        if (last.get(name) === own.promise) last.delete(name)
      }
    },
  }
}
