// status.printableStatus: one word for people. KubeVirt's order; where two could be said, the first is.

import { effectiveRunStrategy, isFinal, type PrintableStatus, type VirtualMachine, type VirtualMachineInstance } from '@sheaf/api'
import { findCondition, isBeingDeleted } from '@sheaf/api/meta'
import { decideWithoutInstance, type Step } from './decide.ts'

export interface Situation {
  /** With the status as it is about to be. */
  vm: VirtualMachine
  /** The VM's own instance. */
  vmi: VirtualMachineInstance | undefined
  step: Step
  nowMs: number
}

/** Starting and Stopping follow from what is wanted, so that a VM on its way between two instances never reads Stopped. */
export function printableStatusOf(situation: Situation): PrintableStatus {
  return rows.find(([, applies]) => applies(situation))?.[0] ?? 'Unknown'
}

const rows: readonly (readonly [PrintableStatus, (situation: Situation) => boolean])[] = [
  ['Terminating', ({ vm }) => isBeingDeleted(vm)],
  ['Stopping', ({ vmi, step }) => isThere(vmi) && !isFinal(vmi) && (isBeingDeleted(vmi) || step.kind === 'deleteInstance')],
  ['Migrating', ({ vmi }) => isMigrating(vmi)],
  ['Paused', ({ vmi }) => isRunning(vmi) && hasCondition(vmi, 'Paused', 'True')],
  ['Running', ({ vmi }) => isRunning(vmi)],
  ['ErrorPvcNotFound', ({ vmi }) => hasCondition(vmi, 'Synchronized', 'False', 'FailedPvcNotFound')],
  ['ErrorUnschedulable', ({ vmi }) => hasCondition(vmi, 'PodScheduled', 'False', 'Unschedulable')],
  ['WaitingForVolumeBinding', ({ vmi }) => hasCondition(vmi, 'Synchronized', 'False', 'WaitingForVolumeBinding')],
  ['ErrImagePull', ({ vmi }) => hasCondition(vmi, 'Synchronized', 'False', 'ErrImagePull')],
  ['ImagePullBackOff', ({ vmi }) => hasCondition(vmi, 'Synchronized', 'False', 'ImagePullBackOff')],
  ['Starting', (situation) => isOnItsWayUp(situation.vmi) || isStartOwed(situation)],
  ['CrashLoopBackOff', isHeldBackByFailures],
  ['Stopped', ({ vmi }) => vmi === undefined || isFinal(vmi)],
]

const isThere = (vmi: VirtualMachineInstance | undefined): vmi is VirtualMachineInstance => vmi !== undefined

function isRunning(vmi: VirtualMachineInstance | undefined): boolean {
  return vmi?.status?.phase === 'Running'
}

function isMigrating(vmi: VirtualMachineInstance | undefined): boolean {
  const migration = vmi?.status?.migrationState
  return Boolean(migration?.startTimestamp) && !migration?.endTimestamp
}

function hasCondition(vmi: VirtualMachineInstance | undefined, type: string, status: string, reason?: string): boolean {
  const condition = findCondition(vmi?.status?.conditions, type)
  return condition?.status === status && (reason === undefined || condition.reason === reason)
}

function isOnItsWayUp(vmi: VirtualMachineInstance | undefined): boolean {
  return vmi !== undefined && ['', 'Pending', 'Scheduling', 'Scheduled'].includes(vmi.status?.phase ?? '')
}

/** There is no instance, or only the remains of one that is being cleared away, and a new one is to be made at once. */
function isStartOwed({ vm, vmi, step, nowMs }: Situation): boolean {
  if (findCondition(vm.status?.conditions, 'Failure') !== undefined) return false
  const isClear = vmi === undefined || (isFinal(vmi) && (isBeingDeleted(vmi) || step.kind === 'deleteInstance'))
  const next = decideWithoutInstance(vm, nowMs).kind
  return isClear && (next === 'createInstance' || next === 'switchStrategy')
}

function isHeldBackByFailures({ vm, vmi }: Situation): boolean {
  const strategy = effectiveRunStrategy(vm.spec)
  const retries = strategy === 'Always' || strategy === 'RerunOnFailure' || strategy === 'Once'
  return retries && (vmi === undefined || isFinal(vmi)) && (vm.status?.startFailure?.consecutiveFailCount ?? 0) > 0
}
