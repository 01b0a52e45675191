import type { PreflightFacts } from './facts.ts'

/** What `sheaf upgrade preflight --fix` can do by itself. */
export type FixId = 'rewrite-deprecated-fields' | 'renew-certificates' | 'remove-leftovers'

export type Finding =
  | { verdict: 'pass'; why: string }
  /** It may go wrong for somebody; the upgrade goes on. */
  | { verdict: 'warn'; why: string; mend: string; fix?: FixId }
  /** The upgrade is refused, unless the check may be overridden and is. */
  | { verdict: 'fail'; why: string; mend: string; fix?: FixId }

export interface Check {
  id: string
  title: string
  /** For people who want to know what is meant, on the page about the checks. */
  looksAt: string
  /** What `--fix` may do about it. */
  fix?: FixId
  /** False: going on regardless could not end well, so nobody may ask for it. */
  mayBeOverridden: boolean
  judge: (facts: PreflightFacts) => Finding
}

export const pass = (why: string): Finding => ({ verdict: 'pass', why })
export const warn = (why: string, mend: string, fix?: FixId): Finding => ({ verdict: 'warn', why, mend, ...(fix && { fix }) })
export const fail = (why: string, mend: string, fix?: FixId): Finding => ({ verdict: 'fail', why, mend, ...(fix && { fix }) })

/** At most this many names stand in a sentence: more are not read. */
const mostNames = 5

export function named(names: readonly string[]): string {
  const rest = names.length - mostNames
  return rest > 0 ? `${names.slice(0, mostNames).join(', ')} and ${rest} more` : names.join(', ')
}
