// The real clock and the real chance.

import { randomInt, randomUUID } from 'node:crypto'
import type { Clock, Random } from '@sheaf/api/meta'

/** The longest that Node's timers can wait: beyond it they do not wait at all. */
const longestTimerMs = 2 ** 31 - 1

export const wallClock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const partMs = Math.min(leftMs, longestTimerMs)
      timer = setTimeout(() => (partMs < leftMs ? wait(leftMs - partMs) : run()), partMs).unref()
    }
    wait(delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

export const chance: Random = { uuid: randomUUID, below: (bound) => randomInt(bound) }
