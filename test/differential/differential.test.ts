// Our server against what a real kube-apiserver answered to the same requests.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../kit/repository-root.ts'
import { comparedAnswers } from './allowed-differences.ts'
import { caseFiles } from './case-files.ts'
import { runCase } from './exchange-case.ts'
import type { RecordedAnswer } from './normalise.ts'
import { startOurServer } from './our-server.ts'

const recordedOf = (file: string): Record<string, RecordedAnswer[]> =>
  JSON.parse(readFileSync(join(root, 'test/differential/recorded', `${file}.json`), 'utf8')) as Record<string, RecordedAnswer[]>

describe.each(caseFiles)('as kube-apiserver: $file', ({ file, cases }) => {
  const recorded = recordedOf(file)

  it('has an answer of the judge for every case', () => {
    expect(Object.keys(recorded).sort()).toEqual(cases.map(({ name }) => name).sort())
  })

  it.each(cases.map((one, index) => ({ name: one.name, one, index })))('$name', async ({ one, index }) => {
    const answers = await runCase(startOurServer(), one, `case-${file}-${index}`)
    const compared = comparedAnswers(one, answers, recorded[one.name] ?? [])
    expect(compared.own).toEqual(compared.judge)
  })
})
