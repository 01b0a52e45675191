// Chance that can be repeated: for tests and simulations. A failure names its seed, and the seed brings it back.

import type { Random } from '@sheaf/api/meta'

/** The generator is mulberry32: tiny, and good enough to choose faults by. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0

  function below(bound: number): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }

  const hex = (digits: number): string => Array.from({ length: digits }, () => below(16).toString(16)).join('')

  return { below, uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[below(4)]}${hex(3)}-${hex(12)}` }
}
