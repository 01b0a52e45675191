// A clock that stands still until it is told otherwise: for tests and simulations.

import type { Clock, Timer } from '@sheaf/api/meta'

interface Alarm {
  dueMs: number
  run: () => void
}

export interface ManualClock extends Clock {
  /** Moves on by `ms`, running what becomes due, earliest first. */
  advance(ms: number): void
  /** How many timers wait. */
  readonly waiting: number
  /** Milliseconds until the next timer; undefined when none waits. */
  readonly nextInMs: number | undefined
}

export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startMs
  const alarms = new Set<Alarm>()

  function earliest(): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of alarms) if (first === undefined || alarm.dueMs < first.dueMs) first = alarm
    return first
  }

  return {
    now: () => now,
    after(delayMs: number, run: () => void): Timer {
      const alarm = { dueMs: now + Math.max(0, delayMs), run }
      alarms.add(alarm)
      return { cancel: () => void alarms.delete(alarm) }
    },
    advance(ms: number): void {
      const until = now + ms
      for (let next = earliest(); next !== undefined && next.dueMs <= until; next = earliest()) {
        alarms.delete(next)
        now = next.dueMs
        next.run()
      }
      now = until
    },
    get waiting() {
      return alarms.size
    },
    get nextInMs() {
      const next = earliest()
      return next === undefined ? undefined : next.dueMs - now
    },
  }
}
