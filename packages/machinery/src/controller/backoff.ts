import type { Random } from '@sheaf/api/meta'

export interface BackoffLimits {
  firstMs: number
  mostMs: number
}

/**
 * How long to wait after the `failures`th failure in a row: doubling from `firstMs` to `mostMs`, less up to a quarter by
 * chance, so that those who failed together do not come back together.
 */
export function backoffMs(failures: number, { firstMs, mostMs }: BackoffLimits, random: Random): number {
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.max(0, failures - 1))
  return fullMs - random.below(Math.max(1, Math.floor(fullMs / 4)))
}
