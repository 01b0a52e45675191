// spec.autohealing: which members do not come up and are to be made anew.

import type { VirtualMachine, VirtualMachinePool } from '@sheaf/api'
import { findCondition, goDurationMs, isBeingDeleted } from '@sheaf/api/meta'

/** KubeVirt's, when the pool names none. */
const defaults = { startUpFailureThreshold: 3, minFailingToStart: '5m' }

/** A VM that says one of these does not start by itself. */
const failing: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ErrorUnschedulable',
  'DataVolumeError',
  'ErrorPvcNotFound',
  'ErrImagePull',
  'ImagePullBackOff',
])

/** When a member is given up, in milliseconds since 1970; undefined when there is nothing wrong with it. */
export function givenUpAtMs({ spec: { autohealing } }: VirtualMachinePool, machine: VirtualMachine): number | undefined {
  if (!autohealing || isBeingDeleted(machine)) return undefined
  const { startFailure, printableStatus = '', conditions } = machine.status ?? {}
  const threshold = autohealing.startUpFailureThreshold ?? defaults.startUpFailureThreshold
  if ((startFailure?.consecutiveFailCount ?? 0) >= threshold) return 0
  const ready = findCondition(conditions, 'Ready')
  if (!failing.has(printableStatus) || ready?.status !== 'False') return undefined
  const wait = goDurationMs(autohealing.minFailingToStartDuration ?? defaults.minFailingToStart)
  return Date.parse(ready.lastTransitionTime ?? '') + (wait ?? 0)
}
