import { type ApiObject, type Condition, findCondition } from '@sheaf/api/meta'

/** It runs and can be used. */
export function isReady({ status }: ApiObject & { status?: { conditions?: readonly Condition[] } }): boolean {
  return findCondition(status?.conditions, 'Ready')?.status === 'True'
}
