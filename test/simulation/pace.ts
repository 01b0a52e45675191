// How time goes on: nobody sleeps, and the clock moves only when there is nothing left to do at this moment.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import type { Host } from './host.ts'

export interface Platform {
  readonly host: Host
  plane: ControlPlane
  /** Until then nobody could act in time, because the clock jumped or there was no control plane. */
  heldUntilMs: number
}

/** Watches pass an event on within two turns of the event loop; nobody stays silent for longer and goes on then. */
const calmTurns = 5
/** Far more than anything here takes; whoever is busy for longer goes round in circles. */
const mostActiveTurns = 10_000
/** Time goes on in steps, so that everybody acts at about the moment at which they are to. */
export const longestStepMs = 500

/** Until nobody has anything to do before time goes on. Whoever died has a successor by then. */
export async function becomeQuiet(platform: Platform): Promise<void> {
  const { store } = platform.host
  let calm = 0
  let active = 0
  while (calm < calmTurns) {
    const before = platform.plane.activity + store.revision
    await nextTurn()
    if (platform.plane.isDead) restart(platform)
    const isActive = platform.plane.activity + store.revision !== before
    // Images are looked up on a real disk, which may take its time: to wait for that is not to be active.
    calm = isActive || platform.plane.isBusy() ? 0 : calm + 1
    if (isActive && ++active > mostActiveTurns) throw new Error('somebody is busy without end')
  }
}

export async function pass(platform: Platform, ms: number): Promise<void> {
  const { clock } = platform.host
  for (const until = clock.now() + ms; clock.now() < until; ) {
    clock.advance(Math.min(clock.nextInMs ?? longestStepMs, longestStepMs, until - clock.now()))
    if (platform.plane.isDead) await nextTurn()
    else await becomeQuiet(platform)
  }
}

/** A new life of the control plane over the same host. */
export function restart(platform: Platform): void {
  platform.host.breaches.push(...platform.plane.complaints)
  platform.plane.kill()
  platform.plane = startControlPlane(platform.host)
  platform.heldUntilMs = platform.host.clock.now()
}
