// For tests: the tables of docs/spec/run-strategy.md, cell by cell.

import { readFileSync } from 'node:fs'
import type { RunStrategy } from '@sheaf/api'

export interface Cell {
  rule: string
  event: string
  strategy: Exclude<RunStrategy, 'WaitAsReceiver'>
  expected: string
}

/** The cells of the table under this heading that can happen. */
export function cellsUnder(heading: 'The matrix' | 'What happens in the machine'): Cell[] {
  const spec = readFileSync(new URL('../../../../docs/spec/run-strategy.md', import.meta.url), 'utf8')
  const section = spec.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )
  const strategies = rows.find(([first]) => first === 'rule')?.slice(2) as Cell['strategy'][]
  return rows
    .filter(([first = '']) => /^RS\d+$/.test(first))
    .flatMap(([rule = '', event = '', ...cells]) =>
      strategies.map((strategy, column) => ({ rule, event, strategy, expected: cells[column] ?? '' })),
    )
    .filter(({ expected }) => expected !== '–')
}
