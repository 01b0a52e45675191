// What became of the guests that were to be moved, in words. Pure.

import type { GuestMoves } from './journal.ts'

export function movesText({ moved, left }: GuestMoves): string {
  if (moved.length + left.length === 0) return 'no guest was run by an older QEMU'
  const parts = [
    ...moved.map(({ name, from, to, pausedMs }) => {
      const stood = pausedMs === undefined ? 'for how long it stood still was not seen' : `it stood still for ${pausedMs} ms`
      return `${name} was moved from QEMU ${from} to ${to}: ${stood}`
    }),
    ...left.map(({ name, why }) => `${name} stays where it is: ${why}`),
  ]
  return parts.join('; ')
}
