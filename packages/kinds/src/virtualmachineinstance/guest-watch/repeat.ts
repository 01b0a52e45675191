// Something that is done again and again, until it is stopped.

import type { Clock, Timer } from '@sheaf/api/meta'

/** One round; answers how long after its beginning the next one begins. Does not throw. */
export type Round = (stopping: AbortSignal) => Promise<number>

export interface Repetition {
  /** What is under way gets no further, and nothing of it is left. */
  stop(): void
}

export function repeat(clock: Clock, firstAfterMs: number, round: Round): Repetition {
  const stopping = new AbortController()
  let timer: Timer
  async function run(): Promise<void> {
    const begunMs = clock.now()
    const everyMs = await round(stopping.signal)
    if (!stopping.signal.aborted) timer = clock.after(Math.max(0, begunMs + everyMs - clock.now()), () => void run())
  }
  timer = clock.after(firstAfterMs, () => void run())
  return {
    stop() {
      stopping.abort()
      timer.cancel()
    },
  }
}
