// status.conditions of a set of machines: that it is paused, and what went wrong in the last pass.

import { type Condition, findCondition, withCondition, withoutCondition } from '@sheaf/api/meta'

export interface Trouble {
  reason: string
  message: string
}

export interface Observation {
  /** How it is said that the set is paused; undefined while it is not. */
  paused: Trouble | undefined
  /** `asBefore` while a step that failed is being tried again. */
  trouble: Trouble | 'none' | 'asBefore'
  /** RFC 3339. */
  now: string
}

export function replicaConditions(before: readonly Condition[] | undefined, { paused, trouble, now }: Observation): Condition[] {
  const withPaused = withOrWithout(before, 'ReplicaPaused', paused, now)
  if (trouble === 'asBefore') return withPaused
  return withOrWithout(withPaused, 'ReplicaFailure', trouble === 'none' ? undefined : trouble, now)
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
