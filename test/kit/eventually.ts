// Waits for a condition of the real world, never for a time.

import { setTimeout as pause } from 'node:timers/promises'

/** The first result of `look` that is neither undefined nor false; throws with the last trouble when time is up. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + withinMs
  let trouble: unknown
  do {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      trouble = error
    }
    await pause(50)
  } while (Date.now() < deadline)
  throw new Error(`${what}: not within ${withinMs} ms`, { cause: trouble })
}
