// What a rehearsal tells. Plain data, printed as JSON: the release that asks for it may be another one.

import type { MigrationRunReport } from '@sheaf/api'

export interface RehearsalReport {
  /** The release that was rehearsed. */
  release: string
  /** There are no problems. */
  ok: boolean
  /** Sentences: what this release could not read, would refuse, or would do to machines that run. */
  problems: readonly string[]
  /** How many more there are than are listed. */
  moreProblems: number
  /** How many objects the store holds, and each was tried. */
  objects: number
  /** How many machines ran, and were left alone unless a problem says otherwise. */
  machines: number
  /** Undefined when it did not come so far. */
  migration: MigrationRunReport | undefined
  tookMs: number
  /** At its most. */
  memoryBytes: number
}

/** Enough to see what is wrong; thousands would be the same few. */
const mostProblems = 50

export function problemList(): { add(text: string): void; listed(): Pick<RehearsalReport, 'ok' | 'problems' | 'moreProblems'> } {
  const problems = new Set<string>()
  return {
    add: (text) => void problems.add(text),
    listed: () => ({
      ok: problems.size === 0,
      problems: [...problems].slice(0, mostProblems),
      moreProblems: Math.max(0, problems.size - mostProblems),
    }),
  }
}
