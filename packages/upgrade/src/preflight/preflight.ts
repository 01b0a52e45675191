// The checks before an upgrade, in the order in which they are told: each with a verdict, why, and how to mend it. Pure.

import type { Check, Finding } from './check.ts'
import type { PreflightFacts } from './facts.ts'
import { platformChecks } from './platform-checks.ts'
import { releaseChecks } from './release-checks.ts'
import { roomChecks } from './room-checks.ts'

export type CheckResult = Finding & Pick<Check, 'id' | 'title' | 'mayBeOverridden'> & { isOverridden: boolean }

export interface Preflight {
  checks: readonly CheckResult[]
  /** What stands in the way; empty: the upgrade may begin. */
  blockers: readonly CheckResult[]
}

export const checks: readonly Check[] = [...releaseChecks, ...roomChecks, ...platformChecks]

/** `overridden`: ids of checks that somebody takes the risk of. One that may not be overridden blocks all the same. */
export function preflight(facts: PreflightFacts, overridden: readonly string[] = []): Preflight {
  const results = checks.map(
    ({ id, title, mayBeOverridden, judge }): CheckResult => ({
      ...judge(facts),
      id,
      title,
      mayBeOverridden,
      isOverridden: mayBeOverridden && overridden.includes(id),
    }),
  )
  return { checks: results, blockers: results.filter(({ verdict, isOverridden }) => verdict === 'fail' && !isOverridden) }
}
