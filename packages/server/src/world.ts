// The real clock and the real chance.

import { randomInt, randomUUID } from 'node:crypto'
import type { Clock, Random } from '@sheaf/api/meta'

export const wallClock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

export const chance: Random = { uuid: randomUUID, below: (bound) => randomInt(bound) }
