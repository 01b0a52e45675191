// What is to be done next for an instance, given what is seen of it. Pure.

import { isFinal, type VirtualMachineInstance } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import type { MachineState } from '@sheaf/qemu'
import { condemnedAtMs } from './condemned.ts'
import { thawAtMs } from './freeze.ts'
import type { Refusal } from './refusal.ts'

export interface Observed {
  /** Undefined when there is no trace of a machine. */
  machine: MachineState | undefined
  /** Why it cannot be launched; looked up only while a launch is ahead. */
  refusal: Refusal | undefined
  nowMs: number
  /** Its liveness probe has failed as often as is allowed. */
  livenessFailed?: boolean
}

export type Step =
  | { kind: 'none' }
  /** Nothing now; look again, because what is missing may appear without telling us. */
  | { kind: 'wait'; delayMs: number }
  | { kind: 'launch' }
  /** The guest's filesystems have stood still for as long as was asked. */
  | { kind: 'thaw' }
  /** Its guest does not live any more: that it is to end is written down. */
  | { kind: 'condemn' }
  | { kind: 'pressPowerButton'; isFirst: boolean; lookAgainMs: number }
  | { kind: 'kill' }
  | { kind: 'removeMachine' }
  /** The machine is gone without a trace: let go of the object. */
  | { kind: 'removeFinalizer' }

export const instanceFinalizer = 'kubevirt.io/foregroundDeleteVirtualMachine'

/** KubeVirt's default when terminationGracePeriodSeconds is not given. */
const defaultGraceSeconds = 30
/** A guest that was booting does not hear the power button: it is pressed again, as KubeVirt does. */
const pressAgainMs = 5_000
/** How soon a missing image or secret is looked for again. */
const lookForFilesMs = 5_000

/** Before the first process: a launch is ahead, or was begun. */
export function isBeforeLaunch(instance: VirtualMachineInstance): boolean {
  const phase = instance.status?.phase ?? ''
  return phase === '' || phase === 'Pending' || phase === 'Scheduling' || phase === 'Scheduled'
}

export function graceMs(instance: VirtualMachineInstance): number {
  return (instance.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000
}

export function decideNextStep(instance: VirtualMachineInstance, observed: Observed): Step {
  if (isBeingDeleted(instance)) return decideDeletion(instance, observed)
  if (isFinal(instance)) return observed.machine?.kind === 'running' ? { kind: 'kill' } : { kind: 'none' }
  if (observed.machine === undefined) {
    if (!isBeforeLaunch(instance)) return { kind: 'none' }
    return observed.refusal === undefined ? { kind: 'launch' } : { kind: 'wait', delayMs: lookForFilesMs }
  }
  if (observed.machine.kind === 'prepared') return { kind: 'launch' }
  if (observed.machine.kind !== 'running') return { kind: 'none' }
  const condemnedAt = condemnedAtMs(instance)
  if (condemnedAt !== undefined) return decideShutdown(instance, observed.nowMs - condemnedAt)
  return observed.livenessFailed === true ? { kind: 'condemn' } : decideThaw(instance, observed.nowMs)
}

function decideThaw(instance: VirtualMachineInstance, nowMs: number): Step {
  const thawAt = thawAtMs(instance)
  if (thawAt === undefined) return { kind: 'none' }
  return thawAt <= nowMs ? { kind: 'thaw' } : { kind: 'wait', delayMs: thawAt - nowMs }
}

/** The clock of the grace period is deletionTimestamp: it needs no memory and survives every restart. */
function decideDeletion(instance: VirtualMachineInstance, { machine, nowMs }: Observed): Step {
  if (machine === undefined)
    return instance.metadata.finalizers?.includes(instanceFinalizer) === true ? { kind: 'removeFinalizer' } : { kind: 'none' }
  if (machine.kind !== 'running') return { kind: 'removeMachine' }
  return decideShutdown(instance, nowMs - Date.parse(instance.metadata.deletionTimestamp ?? ''))
}

/** `sinceMs` ago it was decided that the guest is to shut down. */
function decideShutdown(instance: VirtualMachineInstance, sinceMs: number): Step {
  const leftMs = graceMs(instance) - sinceMs
  if (leftMs <= 0) return { kind: 'kill' }
  return { kind: 'pressPowerButton', isFirst: sinceMs < pressAgainMs, lookAgainMs: Math.min(pressAgainMs, leftMs) }
}
