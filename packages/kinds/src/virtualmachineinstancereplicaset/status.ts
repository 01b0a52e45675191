// A replica set's status: what is seen of its instances.

import type { VirtualMachineInstance, VirtualMachineInstanceReplicaSet, VirtualMachineInstanceReplicaSetStatus } from '@sheaf/api'
import { isReady } from '../is-ready.ts'
import { membershipOf } from '../set-membership.ts'
import { type SetPass, setStatusOf, type Trouble } from '../set-status.ts'
import { activeOf } from './decide.ts'

const pausedAs: Trouble = { reason: 'Paused', message: 'Controller got paused' }

/** The status as it is to be; the very same object when there is nothing to write. */
export function statusOf(
  set: VirtualMachineInstanceReplicaSet,
  instances: readonly VirtualMachineInstance[],
  pass: SetPass,
): VirtualMachineInstanceReplicaSetStatus | undefined {
  const active = activeOf(membershipOf(set, instances).members)
  return setStatusOf(set, { replicas: active.length, readyReplicas: active.filter(isReady).length, pausedAs }, pass)
}
