// From the outcomes of a probe, one after the other, to a verdict: as the kubelet counts them. Pure.

export type Outcome =
  | { kind: 'success' }
  | { kind: 'failure'; message: string }
  /** It could not be asked at all: that says nothing about the guest, and does not count. */
  | { kind: 'unknown'; message: string }

export type Verdict = 'passes' | 'fails'

export interface Tally {
  /** Undefined until one of the two has happened often enough. */
  verdict: Verdict | undefined
  last: Verdict | undefined
  /** How often the last was seen without the other between. */
  inARow: number
}

export const emptyTally: Tally = { verdict: undefined, last: undefined, inARow: 0 }

/** Other verdicts need this many outcomes in a row; until then the verdict before holds. */
export interface Thresholds {
  successThreshold?: number
  failureThreshold?: number
}

export function count(before: Tally, outcome: Outcome, thresholds: Thresholds): Tally {
  if (outcome.kind === 'unknown') return before
  const seen = outcome.kind === 'success' ? 'passes' : 'fails'
  const inARow = before.last === seen ? before.inARow + 1 : 1
  const needed = seen === 'passes' ? (thresholds.successThreshold ?? 1) : (thresholds.failureThreshold ?? 3)
  return { verdict: inARow >= needed ? seen : before.verdict, last: seen, inARow }
}
