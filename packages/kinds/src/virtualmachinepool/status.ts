// A pool's status: what is seen of its members.

import { isDeepStrictEqual } from 'node:util'
import type { VirtualMachine, VirtualMachinePool, VirtualMachinePoolStatus } from '@sheaf/api'
import { labelSelectorText } from '@sheaf/api/meta'
import { replicaConditions, type Trouble } from '../set-conditions.ts'
import { isReady } from '../is-ready.ts'
import { membershipOf } from '../set-membership.ts'
import type { Step } from './decide.ts'

export interface Pass {
  step: Step
  /** RFC 3339. */
  now: string
  /** The step was tried and failed. */
  trouble?: Trouble
}

const pausedCondition: Trouble = { reason: 'SuccessfulPaused', message: 'Pool controller is paused' }

/** The status as it is to be; the very same object when there is nothing to write. */
export function statusOf(
  pool: VirtualMachinePool,
  machines: readonly VirtualMachine[],
  { step, now, trouble }: Pass,
): VirtualMachinePoolStatus | undefined {
  const { members } = membershipOf(pool, machines)
  const isAtRest = step.kind === 'none' || step.kind === 'waitUntil'
  const conditions = replicaConditions(pool.status?.conditions, {
    paused: pool.spec.paused === true ? pausedCondition : undefined,
    trouble: trouble ?? (isAtRest ? 'none' : 'asBefore'),
    now,
  })
  const { conditions: _before, ...status } = pool.status ?? {}
  const next = {
    ...status,
    labelSelector: labelSelectorText(pool.spec.selector),
    replicas: members.length,
    readyReplicas: members.filter(isReady).length,
    ...(conditions.length === 0 ? {} : { conditions }),
  }
  return isDeepStrictEqual(next, pool.status) ? pool.status : next
}
