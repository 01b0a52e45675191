// What a machine is promised of the host's memory.

import type { LaunchPlan } from './launch-plan.ts'

/** What QEMU itself takes beside the guest's memory: about 40 MiB, and as much again and more for translated code. */
export const overheadBytes = 96 * 1024 * 1024

/** What must be free when the machine starts. Memory from huge pages is not the host's ordinary memory. */
export function promisedBytes(plan: Pick<LaunchPlan, 'promisedBytes' | 'memoryBytes' | 'hugepageBytes'>): number {
  return plan.promisedBytes ?? (plan.hugepageBytes === undefined ? plan.memoryBytes : 0) + overheadBytes
}
