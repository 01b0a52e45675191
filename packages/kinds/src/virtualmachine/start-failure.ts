// An instance that ends before its guest ever ran is not tried again at once: the pause grows with each failure.

import {
  effectiveRunStrategy,
  hasRun,
  isFinal,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineStatus,
} from '@sheaf/api'
import { isBeingDeleted, type Random } from '@sheaf/api/meta'

type StartFailure = NonNullable<VirtualMachineStatus['startFailure']>

/** KubeVirt's figures: 10–15 s, 40–60 s, 90–135 s, … and never more than five minutes. */
const delayLimits = { firstSeconds: 10, firstSpreadSeconds: 5, mostSeconds: 300 }

/** How long to wait after the n-th failure in a row. */
export function startDelaySeconds(consecutiveFailures: number, random: Random): number {
  const square = consecutiveFailures ** 2
  const spread = random.below(delayLimits.firstSpreadSeconds * square + 1)
  return Math.min(delayLimits.firstSeconds * square + spread, delayLimits.mostSeconds)
}

/** status.startFailure as it is to be. Each failed instance is counted once; a guest that ran wipes the slate clean. */
export function startFailureOf(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  nowMs: number,
  random: Random,
): StartFailure | undefined {
  if (!countsFailures(vm)) return undefined
  const before = vm.status?.startFailure ?? undefined
  if (vmi === undefined) return before
  if (hasRun(vmi)) return undefined
  // One that was taken away before it ran has not failed; one that failed is counted before we take it away.
  if (!isFinal(vmi) || isBeingDeleted(vmi) || before?.lastFailedVMIUID === vmi.metadata.uid) return before
  const consecutiveFailCount = (before?.consecutiveFailCount ?? 0) + 1
  const retryAtSeconds = Math.ceil(nowMs / 1000) + startDelaySeconds(consecutiveFailCount, random)
  return {
    consecutiveFailCount,
    lastFailedVMIUID: vmi.metadata.uid ?? '',
    retryAfterTimestamp: new Date(retryAtSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}

/** When a new instance may be made, in milliseconds since 1970; 0 when nothing stands against it. */
export function mayStartAtMs(vm: VirtualMachine): number {
  const retryAfter = vm.status?.startFailure?.retryAfterTimestamp
  return retryAfter ? Date.parse(retryAfter) : 0
}

function countsFailures(vm: VirtualMachine): boolean {
  const strategy = effectiveRunStrategy(vm.spec)
  return strategy === 'Always' || strategy === 'RerunOnFailure' || strategy === 'Once'
}
