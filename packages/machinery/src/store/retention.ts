// How much history is kept. Only writes make history, so the question is asked after each commit and no timer runs.

import type { RevisionIndex } from './revision-index.ts'

export interface HistoryLimits {
  /**
   * The youngest history is kept for this long, within the two maxima. Five minutes is what kube-apiserver gives a
   * client to follow its continue token or to come back to its watch.
   */
  ageMs: number
  /**
   * This many revisions are kept whatever their age, so that on a quiet machine a client that comes back after hours,
   * or after a restart, goes on instead of listing all over. They load in some ten milliseconds.
   */
  revisions: number
  /** Never more revisions than this: one hundred writes a second for longer than the age, and less than a second to load. */
  maxRevisions: number
  /** Never more characters of overwritten or deleted text: the history may not outweigh the process itself. */
  maxText: number
}

export const HISTORY_LIMITS: Readonly<HistoryLimits> = {
  ageMs: 5 * 60_000,
  revisions: 10_000,
  maxRevisions: 100_000,
  maxText: 64 * 1024 * 1024,
}

/** History is forgotten in portions of this part of the limit: forgetting one revision a write would double the work. */
const PORTION = 0.1

/** Decides up to which revision the history may go. */
export class Retention {
  readonly #limits: Readonly<HistoryLimits>
  readonly #now: () => number
  /** Revisions up to `revision` were there at `at`; a tenth of the age apart. What was loaded counts from the opening. */
  readonly #marks: { at: number; revision: number }[] = []
  #old = 0

  constructor(limits: Partial<HistoryLimits> | undefined, now: () => number, revision: number) {
    this.#limits = { ...HISTORY_LIMITS, ...limits }
    this.#now = now
    this.#marks.push({ at: now(), revision })
  }

  /** The revision to compact to now, or undefined when nothing is due. To be asked after each commit. */
  due(index: RevisionIndex): number | undefined {
    const { revisions, maxRevisions, maxText } = this.#limits
    this.#mark(index.revision)
    const isOverText = index.historyText > maxText
    const target = Math.max(
      Math.min(this.#old, index.revision - revisions),
      index.revision - maxRevisions,
      isOverText ? index.revisionThatLeaves(maxText * (1 - PORTION)) : 0,
    )
    const portion = isOverText ? 1 : Math.max(1, revisions * PORTION)
    return target - index.compactedRevision >= portion ? target : undefined
  }

  #mark(revision: number): void {
    const now = this.#now()
    const { ageMs } = this.#limits
    for (let first = this.#marks[0]; first && first.at <= now - ageMs; first = this.#marks[0]) {
      this.#old = first.revision
      this.#marks.shift()
    }
    const last = this.#marks.at(-1)
    if (!last || now - last.at >= ageMs * PORTION) this.#marks.push({ at: now, revision })
  }
}
