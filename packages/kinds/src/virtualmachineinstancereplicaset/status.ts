// A replica set's status: what is seen of its instances.

import { isDeepStrictEqual } from 'node:util'
import {
  type VirtualMachineInstance,
  type VirtualMachineInstanceReplicaSet,
  type VirtualMachineInstanceReplicaSetStatus,
} from '@sheaf/api'
import { labelSelectorText } from '@sheaf/api/meta'
import { replicaConditions, type Trouble } from '../set-conditions.ts'
import { isReady } from '../is-ready.ts'
import { membershipOf } from '../set-membership.ts'
import { activeOf, type Step } from './decide.ts'

export interface Pass {
  step: Step
  /** RFC 3339. */
  now: string
  /** The step was tried and failed. */
  trouble?: Trouble
}

const pausedCondition: Trouble = { reason: 'Paused', message: 'Controller got paused' }

/** The status as it is to be; the very same object when there is nothing to write. */
export function statusOf(
  set: VirtualMachineInstanceReplicaSet,
  instances: readonly VirtualMachineInstance[],
  { step, now, trouble }: Pass,
): VirtualMachineInstanceReplicaSetStatus | undefined {
  const active = activeOf(membershipOf(set, instances).members)
  const isAtRest = step.kind === 'none' || step.kind === 'waitUntil'
  const conditions = replicaConditions(set.status?.conditions, {
    paused: set.spec.paused === true ? pausedCondition : undefined,
    trouble: trouble ?? (isAtRest ? 'none' : 'asBefore'),
    now,
  })
  const { conditions: _before, ...status } = set.status ?? {}
  const next = {
    ...status,
    labelSelector: labelSelectorText(set.spec.selector),
    replicas: active.length,
    readyReplicas: active.filter(isReady).length,
    ...(conditions.length === 0 ? {} : { conditions }),
  }
  return isDeepStrictEqual(next, set.status) ? set.status : next
}
