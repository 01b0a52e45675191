// Random choices of a test that can be made again: the seed is printed, and SHEAF_SEED brings it back.

import type { Random } from '@sheaf/api/meta'
import { createSeededRandom } from '@sheaf/machinery/controller'

export function printedRandom(what: string): Random {
  const seed = Number(process.env['SHEAF_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`${what}: SHEAF_SEED=${seed}`)
  return createSeededRandom(seed)
}

export function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[random.below(choices.length)] ?? choices[0]
}
