// Looks at a release on trial until it is known whether it may stay.

import { setTimeout as pause } from 'node:timers/promises'
import { type HealthSight, judgeHealth } from './decide.ts'

export type Proof = { kind: 'proven' } | { kind: 'unfit'; why: string }

const lookMs = 25
/** So much of the supervisor's time is used; the rest is for saying why. */
const usedPart = 0.8

export interface Proving {
  look: () => Promise<HealthSight>
  /** The supervisor's. */
  deadlineMs: number
  /** The server ends: there is nothing left to be proven. */
  signal: AbortSignal
}

export async function proveHealth({ look, deadlineMs, signal }: Proving): Promise<Proof> {
  const untilMs = performance.now() + deadlineMs * usedPart
  while (!signal.aborted) {
    const verdict = judgeHealth(await look())
    if (verdict.kind === 'fit') return { kind: 'proven' }
    if (verdict.kind === 'unfit') return verdict
    if (performance.now() > untilMs)
      return {
        kind: 'unfit',
        why: `after ${Math.round((deadlineMs * usedPart) / 1000)} s it still waited for ${verdict.waitingFor}`,
      }
    await pause(lookMs)
  }
  return { kind: 'unfit', why: 'it was ended before it had proved itself' }
}
