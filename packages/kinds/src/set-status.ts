// What the status of every set of machines says: how many there are, that the set is paused, what went wrong in the last pass.

import { isDeepStrictEqual } from 'node:util'
import {
  type Condition,
  findCondition,
  type LabelSelectorObject,
  labelSelectorText,
  withCondition,
  withoutCondition,
} from '@sheaf/api/meta'

export interface Trouble {
  reason: string
  message: string
}

export interface SetPass {
  step: { kind: string }
  /** RFC 3339. */
  now: string
  /** The step was tried and failed. */
  trouble?: Trouble
}

interface MachineSet {
  spec: { paused?: boolean; selector: LabelSelectorObject }
  status?: SetStatus
}

interface SetStatus {
  conditions?: Condition[]
  labelSelector?: string
  replicas?: number
  readyReplicas?: number
}

interface SetSight {
  replicas: number
  readyReplicas: number
  /** How this Kind says that it is paused. */
  pausedAs: Trouble
}

/** The status as it is to be; the very same object when there is nothing to write. */
export function setStatusOf(
  { spec, status }: MachineSet,
  { pausedAs, ...counts }: SetSight,
  { step, now, trouble }: SetPass,
): SetStatus | undefined {
  const { conditions: before, ...kept } = status ?? {}
  const paused = withOrWithout(before, 'ReplicaPaused', spec.paused === true ? pausedAs : undefined, now)
  const isAtRest = step.kind === 'none' || step.kind === 'waitUntil'
  // A step that failed is still the last word while it is being tried again.
  const isTriedAgain = trouble === undefined && !isAtRest
  const conditions = isTriedAgain ? paused : withOrWithout(paused, 'ReplicaFailure', trouble, now)
  const next = {
    ...kept,
    labelSelector: labelSelectorText(spec.selector),
    ...counts,
    ...(conditions.length === 0 ? {} : { conditions }),
  }
  return isDeepStrictEqual(next, status) ? status : next
}

function withOrWithout(
  conditions: readonly Condition[] | undefined,
  type: string,
  said: Trouble | undefined,
  now: string,
): Condition[] {
  if (said === undefined) return withoutCondition(conditions, type)
  return withCondition(conditions, { type, status: 'True', ...said, lastTransitionTime: now })
}

export function isPaused({ status }: { status?: { conditions?: readonly Condition[] } }): boolean {
  return findCondition(status?.conditions, 'ReplicaPaused') !== undefined
}
