// A VirtualMachine's status: what is seen, and what is about to be done about it.

import { effectiveRunStrategy, type VirtualMachine, type VirtualMachineInstance, type VirtualMachineStatus } from '@sheaf/api'
import { findCondition, isBeingDeleted, type Random } from '@sheaf/api/meta'
import { saysTheSame } from './changed-fields.ts'
import { conditionsOf, type Trouble } from './conditions.ts'
import type { Step } from './decide.ts'
import { instanceGeneration } from './instance-from-template.ts'
import { isControlledBy } from './observed-instance.ts'
import { printableStatusOf } from './printable-status.ts'
import { startFailureOf } from './start-failure.ts'
import { pendingRequests, withStart } from './state-change-requests.ts'

export interface Pass {
  step: Step
  nowMs: number
  random: Random
  /** The step was tried and failed. */
  trouble?: Trouble
  /** False when what the instance would be made of now cannot be told; absent: it can. */
  isTemplateKnown?: boolean
}

/** The status as it is to be; the very same object when there is nothing to write. */
export function statusOf(
  vm: VirtualMachine,
  found: VirtualMachineInstance | undefined,
  pass: Pass,
): VirtualMachineStatus | undefined {
  const vmi = found !== undefined && isControlledBy(found, vm) ? found : undefined
  const next = omitUndefined({ ...vm.status, ...observations(vm, vmi, pass) })
  next.printableStatus = printableStatusOf({ vm: { ...vm, status: next }, vmi, step: pass.step, nowMs: pass.nowMs })
  return saysTheSame(vm.status, next) ? vm.status : next
}

function observations(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, pass: Pass): Unset<VirtualMachineStatus> {
  const now = new Date(pass.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const requests = requestsOf(vm, vmi, pass.step)
  return {
    created: vmi === undefined ? undefined : true,
    ready: findCondition(vmi?.status?.conditions, 'Ready')?.status === 'True' ? true : undefined,
    conditions: conditionsOf(vm, vmi, { trouble: troubleOf(pass), isTemplateKnown: pass.isTemplateKnown ?? true, now }),
    runStrategy: recordedStrategy(vm, vmi, pass.step),
    startFailure: startFailureOf(vm, vmi, pass.nowMs, pass.random),
    stateChangeRequests: requests.length === 0 ? undefined : [...requests],
    instancetypeRef: vm.spec.instancetype === undefined ? undefined : vm.status?.instancetypeRef,
    preferenceRef: vm.spec.preference === undefined ? undefined : vm.status?.preferenceRef,
    ...(vmi === undefined ? {} : { observedGeneration: instanceGeneration(vmi), desiredGeneration: vm.metadata.generation }),
  }
}

/** A restart after a failure is written down before the failed instance is deleted. */
function requestsOf(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, step: Step) {
  const pending = pendingRequests(vm, vmi)
  return step.kind === 'deleteInstance' && step.thenStart ? withStart(pending) : pending
}

function troubleOf({ step, trouble }: Pass): Trouble | 'none' | 'asBefore' {
  if (trouble !== undefined) return trouble
  if (step.kind === 'blocked') return { reason: step.reason ?? 'FailedCreate', message: step.message }
  return step.kind === 'none' || step.kind === 'waitUntil' ? 'none' : 'asBefore'
}

/**
 * The strategy that the VM was last run under. A VM that is switched to RerunOnFailure starts because this differs;
 * so it is not recorded while that start is still owed, or a death of this process would lose the start.
 */
function recordedStrategy(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, step: Step) {
  const recorded = vm.status?.runStrategy
  const strategy = effectiveRunStrategy(vm.spec)
  const wasNeverRun = vmi === undefined && recorded === undefined
  const isHeldUp = vmi === undefined && (step.kind === 'storeRevisions' || step.kind === 'blocked')
  const isStartOwed = step.kind === 'createInstance' || step.kind === 'waitUntil' || isHeldUp
  const isLeaving = vmi !== undefined && isBeingDeleted(vmi)
  const isOnlyWanted = strategy === 'RerunOnFailure' && (isStartOwed || isLeaving)
  return wasNeverRun || isOnlyWanted ? recorded : strategy
}

type Unset<T> = { [K in keyof T]?: T[K] | undefined }

function omitUndefined<T extends object>(value: Unset<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}
