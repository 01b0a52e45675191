// Every case there is, by the file that holds its recorded answers.

import { applyBasics } from './cases/apply-basics.ts'
import { applyHistory } from './cases/apply-history.ts'
import { applyLists, applyScalarsAndMaps } from './cases/apply-lists.ts'
import { applyMachines } from './cases/apply-machines.ts'
import { applySubresources } from './cases/apply-subresources.ts'
import { deletions } from './cases/deletions.ts'
import { plainWrites } from './cases/plain-writes.ts'
import { randomSequences } from './cases/random-sequences.ts'
import { strategicMerge } from './cases/strategic-merge.ts'
import type { ExchangeCase } from './exchange-case.ts'

export const caseFiles: readonly { file: string; cases: readonly ExchangeCase[] }[] = [
  { file: 'apply-basics', cases: applyBasics },
  { file: 'apply-history', cases: applyHistory },
  { file: 'apply-lists', cases: applyLists },
  { file: 'apply-scalars-and-maps', cases: applyScalarsAndMaps },
  { file: 'apply-machines', cases: applyMachines },
  { file: 'apply-subresources', cases: applySubresources },
  { file: 'strategic-merge', cases: strategicMerge },
  { file: 'plain-writes', cases: plainWrites },
  { file: 'deletions', cases: deletions },
  // Some of those that compare.ts draws, so that everybody's tests have them.
  { file: 'random-sequences', cases: randomSequences(1, 25) },
]
