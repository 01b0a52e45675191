// What is to be done next for a migration, given what is seen of it. Pure; the rules are in docs/spec/migration.md.

import { isFinal, type VirtualMachineInstance, type VirtualMachineInstanceMigration } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import type { Migration, MigrationOutcome } from '@sheaf/qemu'
import { isOver } from './migration.ts'

export interface Observed {
  instance: VirtualMachineInstance | undefined
  /** The machine's latest move, whoever's it is. */
  move: Migration | undefined
  /** Of other migrations, whose machines are being moved now. */
  othersUnderWay: number
}

export type Step =
  /** Its turn has not come, or it is under way. Something that is followed will tell. */
  | { kind: 'wait'; isUnderWay: boolean }
  | { kind: 'begin' }
  | { kind: 'cancel' }
  /** How it ended is seen now. */
  | { kind: 'conclude'; outcome: MigrationOutcome }
  /** It has come to nothing before it began. */
  | { kind: 'giveUp'; why: string }
  /** It has ended, and may go. */
  | { kind: 'letGo' }
  | { kind: 'none' }

/** KubeVirt's limit for one node: each move takes a processor and the guest's memory once more. */
export const mostAtOnce = 2

export function decideNextStep(migration: VirtualMachineInstanceMigration, observed: Observed): Step {
  const { instance, move, othersUnderWay } = observed
  if (isOver(migration)) return isBeingDeleted(migration) ? { kind: 'letGo' } : { kind: 'none' }
  if (move !== undefined && move.name === migration.metadata.uid) {
    if (move.outcome !== undefined) return { kind: 'conclude', outcome: move.outcome }
    return isBeingDeleted(migration) ? { kind: 'cancel' } : { kind: 'wait', isUnderWay: true }
  }
  if (isBeingDeleted(migration)) return { kind: 'giveUp', why: 'it was cancelled before it began' }
  if (instance === undefined || isBeingDeleted(instance) || isFinal(instance))
    return { kind: 'giveUp', why: `the VMI ${migration.spec.vmiName} has ended` }
  const isTooSoon = instance.status?.phase !== 'Running' || (move !== undefined && move.outcome === undefined)
  return isTooSoon || othersUnderWay >= mostAtOnce ? { kind: 'wait', isUnderWay: false } : { kind: 'begin' }
}
