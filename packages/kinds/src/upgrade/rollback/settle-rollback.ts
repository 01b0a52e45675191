// The end of a rollback, whoever lived to see it: the other release runs, or what was rewritten for it is undone.

import type { UpgradePorts } from '../ports.ts'
import { noteRollback } from './note-rollback.ts'
import { isOpen, type Rollback, rollbackOf } from './rollback-journal.ts'

interface Settling {
  /** Of the upgrade. */
  id: string
  /** Its newer release, whose program rewrites. */
  newer: string
  ports: UpgradePorts
  signal?: AbortSignal
}

/** Whether there is something to settle: it is known how the rollback ends. */
export const isDecided = (rollback: Rollback, ports: UpgradePorts): boolean =>
  isOpen(rollback) && verdictOf(rollback, ports).kind !== 'notYet'

/** As far as it can be told; to be called again while it is open. */
export async function settleRollback({ id, newer, ports, signal }: Settling): Promise<void> {
  const { platform } = ports
  const rollback = rollbackOf(await platform.rollbackJournal(id).read())
  if (rollback === undefined || !isOpen(rollback)) return
  const verdict = verdictOf(rollback, ports)
  if (verdict.kind === 'notYet') return
  if (verdict.kind === 'givenUp') {
    if (rollback.givenUp === undefined) await noteRollback(id, { kind: 'givenUp', id: rollback.id, why: verdict.why }, ports)
    const direction = rollback.direction === 'backward' ? 'forward' : 'backward'
    await platform.migrate({ version: newer, id, direction, keep: rollback.keep, ...(signal && { signal }) })
  }
  await noteRollback(id, { kind: 'ended', id: rollback.id }, ports)
}

type Verdict = { kind: 'notYet' } | { kind: 'cameAbout' } | { kind: 'givenUp'; why: string }

/** Pure, but for the look at what runs. */
function verdictOf(rollback: Rollback, { platform }: UpgradePorts): Verdict {
  const { version, outcome } = platform.installed()
  if (rollback.givenUp !== undefined) return { kind: 'givenUp', why: rollback.givenUp }
  // While a release is on trial there is no outcome.
  if (version === rollback.to) return outcome === undefined ? { kind: 'notYet' } : { kind: 'cameAbout' }
  // Whoever carries it out tells how it ends for it.
  if (rollback.process === platform.process) return { kind: 'notYet' }
  if (outcome?.id === rollback.id) return { kind: 'givenUp', why: outcome.why ?? `${rollback.to} did not prove itself` }
  return { kind: 'givenUp', why: `${version} ended before it could hand over` }
}
