// Every case there is, by the file that holds its recorded answers.

import { applyBasics } from './cases/apply-basics.ts'
import type { ExchangeCase } from './exchange-case.ts'

export const caseFiles: readonly { file: string; cases: readonly ExchangeCase[] }[] = [
  { file: 'apply-basics', cases: applyBasics },
]
