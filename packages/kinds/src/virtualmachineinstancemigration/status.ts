// What is told of a migration, in KubeVirt's words. Pure.

import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from '@sheaf/api'
import { type Condition, isBeingDeleted, withCondition } from '@sheaf/api/meta'
import type { Migration, MigrationOutcome } from '@sheaf/qemu'
import type { Step } from './decide.ts'
import { isOver, type Phase } from './migration.ts'

type Status = NonNullable<VirtualMachineInstanceMigration['status']>
type State = NonNullable<NonNullable<VirtualMachineInstance['status']>['migrationState']>

const order: readonly Phase[] = ['Pending', 'Scheduling', 'Scheduled', 'PreparingTarget', 'TargetReady', 'Running', 'Succeeded']

/** Of a machine's latest move, as an instance tells it. The node is the same one: only the process is another. */
export function migrationStateOf({ name, startedAt, outcome }: Migration, nodeName: string): State {
  return {
    migrationUid: name,
    mode: 'PreCopy',
    sourceNode: nodeName,
    targetNode: nodeName,
    startTimestamp: startedAt,
    ...(outcome && endOf(outcome)),
  }
}

function endOf(outcome: MigrationOutcome): State {
  const ended = { endTimestamp: outcome.at, completed: true, failed: outcome.kind === 'failed' }
  if (outcome.kind === 'succeeded') return ended
  const aborted = outcome.reason === 'Cancelled' ? { abortRequested: true, abortStatus: 'Succeeded' } : {}
  return { ...ended, ...aborted, failureReason: outcome.message }
}

export interface Seen {
  step: Step
  move: Migration | undefined
  nodeName: string
  /** RFC 3339. */
  now: string
}

export function statusOf(migration: VirtualMachineInstanceMigration, { step, move, nodeName, now }: Seen): Status {
  const before = migration.status ?? {}
  if (isOver(migration)) return before
  const phase = phaseOf(step)
  const isOurs = move !== undefined && move.name === migration.metadata.uid
  const state =
    step.kind === 'giveUp'
      ? { migrationUid: migration.metadata.uid ?? '', endTimestamp: now, completed: true, failed: true, failureReason: step.why }
      : isOurs
        ? migrationStateOf(move, nodeName)
        : undefined
  return {
    ...before,
    phase,
    phaseTransitionTimestamps: transitions(before.phaseTransitionTimestamps ?? [], phase, now),
    conditions: conditionsOf(migration, step, move, now) as NonNullable<Status['conditions']>,
    ...(state && { migrationState: state }),
  }
}

function phaseOf(step: Step): Phase {
  switch (step.kind) {
    case 'wait':
      return step.isUnderWay ? 'Running' : 'Pending'
    case 'begin':
      return 'Scheduling'
    case 'cancel':
      return 'Running'
    case 'conclude':
      return step.outcome.kind === 'succeeded' ? 'Succeeded' : 'Failed'
    case 'giveUp':
      return 'Failed'
    case 'letGo':
    case 'none':
      throw new Error('a migration that is over says nothing new')
  }
}

/** Phases that were passed between two looks are written too. */
function transitions(
  before: NonNullable<Status['phaseTransitionTimestamps']>,
  phase: Phase,
  now: string,
): NonNullable<Status['phaseTransitionTimestamps']> {
  if (before.some((each) => each.phase === phase)) return before
  const passed = phase === 'Failed' ? [phase] : order.slice(0, order.indexOf(phase) + 1)
  const missing = passed.filter((each) => !before.some((entry) => entry.phase === each))
  return [...before, ...missing.map((each) => ({ phase: each, phaseTransitionTimestamp: now }))]
}

function conditionsOf(
  migration: VirtualMachineInstanceMigration,
  step: Step,
  move: Migration | undefined,
  now: string,
): Condition[] {
  let conditions: Condition[] = (migration.status?.conditions ?? []) as Condition[]
  if (isBeingDeleted(migration))
    conditions = withCondition(conditions, { type: 'migrationAbortRequested', status: 'True', lastTransitionTime: now })
  const measured = step.kind === 'conclude' && step.outcome.kind === 'succeeded' && move !== undefined
  if (measured)
    conditions = withCondition(conditions, {
      type: 'GuestMoved',
      status: 'True',
      reason: 'Measured',
      message: sentenceOf(move),
      lastTransitionTime: now,
    })
  return conditions
}

const mebibyte = 1024 * 1024

/** One sentence about a move that has succeeded: what it took, and from which QEMU to which. */
export function sentenceOf({ fromVersion, toVersion, outcome }: Migration): string {
  if (outcome?.kind !== 'succeeded') return 'it has not succeeded'
  const { pausedMs, totalMs, transferredBytes } = outcome
  const way = fromVersion === toVersion ? `to another process of QEMU ${toVersion}` : `from QEMU ${fromVersion} to ${toVersion}`
  if (pausedMs === undefined) return `the guest was moved ${way}; how long it stood still was not seen`
  const copied =
    transferredBytes === undefined ? '' : `; ${(transferredBytes / mebibyte).toFixed(1)} MiB were copied in ${totalMs} ms`
  return `the guest was moved ${way} and stood still for ${pausedMs} ms${copied}`
}
