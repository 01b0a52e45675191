// What is to happen next to a VirtualMachine: its run strategy, applied to the instance that is there. One step at a
// time; each pass looks anew. The rules are docs/spec/run-strategy.md.

import {
  effectiveRunStrategy,
  isFinal,
  type MemorableRunStrategy,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@sheaf/api'
import { controllerOf, findCondition, isBeingDeleted } from '@sheaf/api/meta'
import type { Trouble } from './conditions.ts'
import type { Dressed } from './instancetype/dress.ts'
import { isOutOfDateOnlyByNumber } from './instance-from-template.ts'
import { controllerFinalizer, isControlledBy } from './observed-instance.ts'
import { mayStartAtMs } from './start-failure.ts'
import { asksToStart, asksToStartPaused, asksToStop, pendingRequests, strategyAskedFor } from './state-change-requests.ts'

export type Step =
  | { kind: 'none' }
  /** The strategy cannot be followed; the message says what stands in the way. */
  | { kind: 'blocked'; message: string; reason?: Trouble['reason'] }
  | { kind: 'waitUntil'; timeMs: number }
  | { kind: 'addFinalizer' }
  | { kind: 'removeFinalizer' }
  /** What its instance type and preference say is kept before anything is made of them. */
  | { kind: 'storeRevisions' }
  | { kind: 'createInstance'; paused: boolean }
  /** An instance of this name that belongs to nobody becomes ours. */
  | { kind: 'adoptInstance' }
  /** `thenStart`: a start request is written first, so that the restart survives a death of this process. */
  | { kind: 'deleteInstance'; thenStart: boolean }
  /** How the instance ended is recorded in our status: it may go now. */
  | { kind: 'releaseInstance' }
  /** The VM goes, the instance stays and belongs to nobody. */
  | { kind: 'orphanInstance' }
  /** Somebody asked a halted VM to start, and to be this from then on. */
  | { kind: 'switchStrategy'; to: MemorableRunStrategy }
  /** The template says what the instance was made of, only at a newer generation. */
  | { kind: 'noteGeneration' }

const none: Step = { kind: 'none' }
/** Admission refuses the strategy; an object from elsewhere may carry it. */
const noReceiver: Step = { kind: 'blocked', message: 'unknown runstrategy: WaitAsReceiver' }

/** `vmi` is the instance of the VM's name, whoever it belongs to. */
export function decideNextStep(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, nowMs: number): Step {
  if (isBeingDeleted(vm)) return decideRemoval(vm, vmi)
  if (!vm.metadata.finalizers?.includes(controllerFinalizer)) return { kind: 'addFinalizer' }
  if (vmi === undefined) return decideWithoutInstance(vm, nowMs)
  if (!isControlledBy(vmi, vm)) return decideAdoption(vmi)
  if (isBeingDeleted(vmi)) return decideRelease(vmi)
  return decideWithInstance(vm, vmi)
}

/**
 * What comes in between when the VM is made of more than its own template. Ending goes on whatever is missing: a machine
 * whose instance type is gone can still be stopped.
 */
export function decideDressed(step: Step, vm: VirtualMachine, { trouble, refs }: Dressed): Step {
  const isBeginning = step.kind === 'none' || step.kind === 'waitUntil' || step.kind === 'createInstance'
  if (!isBeginning || isBeingDeleted(vm)) return step
  if (trouble !== undefined) return { kind: 'blocked', ...trouble }
  return Object.keys(refs).length > 0 ? { kind: 'storeRevisions' } : step
}

function decideRemoval(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined): Step {
  if (!vm.metadata.finalizers?.includes(controllerFinalizer)) return none
  if (vmi === undefined) return { kind: 'removeFinalizer' }
  if (!isControlledBy(vmi, vm)) return { kind: isLeftHeld(vmi) ? 'orphanInstance' : 'removeFinalizer' }
  if (vm.metadata.finalizers.includes('orphan')) return { kind: 'orphanInstance' }
  return isBeingDeleted(vmi) ? decideRelease(vmi) : { kind: 'deleteInstance', thenStart: false }
}

function decideAdoption(vmi: VirtualMachineInstance): Step {
  const owner = controllerOf(vmi)
  if (owner !== undefined) {
    const message = `virtual machine instance ${vmi.metadata.name} belongs to ${owner.kind} ${owner.name} (uid ${owner.uid}); delete it or rename this virtual machine`
    return { kind: 'blocked', message }
  }
  // One that is on its way out would be ours only to be buried; when it is gone we are asked again.
  return isBeingDeleted(vmi) ? decideRelease(vmi) : { kind: 'adoptInstance' }
}

/** It belongs to nobody, and still waits for us: the garbage collector, or a user, took its owner away first. */
function isLeftHeld(vmi: VirtualMachineInstance): boolean {
  return controllerOf(vmi) === undefined && (vmi.metadata.finalizers?.includes(controllerFinalizer) ?? false)
}

function decideRelease(vmi: VirtualMachineInstance): Step {
  return isFinal(vmi) && vmi.metadata.finalizers?.includes(controllerFinalizer) ? { kind: 'releaseInstance' } : none
}

/** The column "no VMI" of KubeVirt's table. */
export function decideWithoutInstance(vm: VirtualMachine, nowMs: number): Step {
  const requests = pendingRequests(vm, undefined)
  const isAskedToStart = asksToStart(requests)
  const create: Step = { kind: 'createInstance', paused: asksToStartPaused(requests) }
  const createInTime: Step = nowMs < mayStartAtMs(vm) ? { kind: 'waitUntil', timeMs: mayStartAtMs(vm) } : create
  const strategy = effectiveRunStrategy(vm.spec)
  if (findCondition(vm.status?.conditions, 'ManualRecoveryRequired')?.status === 'True') return none
  switch (strategy) {
    case 'Always':
      return createInTime
    case 'RerunOnFailure':
      return isAskedToStart || vm.status?.runStrategy !== 'RerunOnFailure' ? createInTime : none
    case 'Manual':
      return isAskedToStart ? create : none
    case 'Halted': {
      const to = strategyAskedFor(requests, vm)
      return to === undefined ? none : { kind: 'switchStrategy', to }
    }
    case 'Once':
      return create
    case 'WaitAsReceiver':
      return noReceiver
  }
}

/** The column "VMI exists". */
function decideWithInstance(vm: VirtualMachine, vmi: VirtualMachineInstance): Step {
  const requests = pendingRequests(vm, vmi)
  const isAskedToStop = asksToStop(requests, vmi)
  const deleteInstance: Step = { kind: 'deleteInstance', thenStart: false }
  const keep: Step = isOutOfDateOnlyByNumber(vm, vmi) ? { kind: 'noteGeneration' } : none
  const strategy = effectiveRunStrategy(vm.spec)
  switch (strategy) {
    case 'Always':
      return isFinal(vmi) || isAskedToStop ? deleteInstance : keep
    case 'RerunOnFailure':
      // Whoever asked it to stop does not want it back because it failed on the way.
      if (isAskedToStop) return deleteInstance
      return isFinal(vmi) ? { kind: 'deleteInstance', thenStart: vmi.status?.phase === 'Failed' } : keep
    case 'Manual':
      return isAskedToStop ? deleteInstance : keep
    case 'Halted':
      return deleteInstance
    case 'Once':
      return keep
    case 'WaitAsReceiver':
      return noReceiver
  }
}
