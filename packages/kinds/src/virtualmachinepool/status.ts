// A pool's status: what is seen of its members.

import type { VirtualMachine, VirtualMachinePool, VirtualMachinePoolStatus } from '@sheaf/api'
import { isReady } from '../is-ready.ts'
import { membershipOf } from '../set-membership.ts'
import { type SetPass, setStatusOf, type Trouble } from '../set-status.ts'

const pausedAs: Trouble = { reason: 'SuccessfulPaused', message: 'Pool controller is paused' }

/** The status as it is to be; the very same object when there is nothing to write. */
export function statusOf(
  pool: VirtualMachinePool,
  machines: readonly VirtualMachine[],
  pass: SetPass,
): VirtualMachinePoolStatus | undefined {
  const { members } = membershipOf(pool, machines)
  return setStatusOf(pool, { replicas: members.length, readyReplicas: members.filter(isReady).length, pausedAs }, pass)
}
