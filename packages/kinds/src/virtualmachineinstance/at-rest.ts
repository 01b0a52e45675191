// Whether an instance runs and is to go on as it is. Pure.

import type { VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import { condemnedAtMs } from './condemned.ts'

/** Neither ending nor asked to end or start anew: whatever happens to its machine now is nobody's wish. */
export function isAtRest(instance: VirtualMachineInstance, owner: VirtualMachine | undefined): boolean {
  if (instance.status?.phase !== 'Running' || isBeingDeleted(instance) || condemnedAtMs(instance) !== undefined) return false
  return owner === undefined || (!isBeingDeleted(owner) && (owner.status?.stateChangeRequests ?? []).length === 0)
}
