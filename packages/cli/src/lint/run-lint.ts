// One run: reads, looks, rewrites if asked to, and tells.

import { writeFileSync } from 'node:fs'
import type { Severity } from '@sheaf/api'
import { CommandError } from '../connection.ts'
import { baselineText, compareWithBaseline, readBaseline } from './baseline.ts'
import { fixText, isFixable } from './fix-text.ts'
import { lintText, type LintedText } from './lint-text.ts'
import { type FileFinding, type FileTrouble, exitCodeOf, type LintReport } from './report/lint-report.ts'
import { textReport } from './report/text.ts'
import { findManifests, readSource, standardInput } from './sources.ts'
import { unifiedDiff } from './unified-diff.ts'
import { writeAtomically } from './write-atomically.ts'

export interface LintOptions {
  level: Severity
  rules?: ReadonlySet<string>
  baseline?: string
  writeBaseline?: string
  /** `look` leaves everything as it is; `diff` prints what `fix` would do. */
  mode: 'look' | 'diff' | 'fix'
  format: (report: LintReport) => string
}

export interface Streams {
  out(text: string): void
  error(text: string): void
}

interface LintedFile {
  file: string
  findings: FileFinding[]
  troubles: FileTrouble[]
  fixed: number
}

/** Gives the exit code. */
export async function runLint(paths: readonly string[], options: LintOptions, streams: Streams): Promise<0 | 1 | 2> {
  const baseline = options.baseline === undefined ? new Map<string, number>() : readBaseline(options.baseline)
  const linted: LintedFile[] = []
  for (const file of findManifests(paths)) linted.push(await lintFile(file, options, streams))
  const troubles = linted.flatMap((each) => each.troubles)
  for (const { file, line, column, kind, reason } of troubles) streams.error(`${file}:${line}:${column}: ${kind}: ${reason}\n`)
  const findings = linted.flatMap((each) => each.findings)
  const report: LintReport = {
    files: linted.map(({ file }) => file),
    troubles,
    fixed: linted.reduce((sum, each) => sum + each.fixed, 0),
    level: options.level,
    ...compareWithBaseline(findings, baseline),
  }
  if (options.writeBaseline !== undefined) return writeBaseline(options.writeBaseline, findings, report, streams)
  if (options.mode === 'diff') tellWhatIsLeft(report, streams)
  else streams.out(options.format(report))
  return exitCodeOf(report)
}

/** The diff itself is for `git apply`: nothing else may stand in it. */
function tellWhatIsLeft(report: LintReport, streams: Streams): void {
  const findings = report.findings.filter((each) => !isFixable(each))
  if (findings.length > 0) streams.error(textReport({ ...report, findings }))
}

async function lintFile(file: string, { rules, mode }: LintOptions, streams: Streams): Promise<LintedFile> {
  const source = await readSource(file)
  if ('reason' in source) {
    return { file, findings: [], troubles: [{ file, kind: 'unreadable', line: 1, column: 1, reason: source.reason }], fixed: 0 }
  }
  const { text, mark } = source
  if (mode === 'look') return named(file, lintText(text, { rules }), 0)
  const { text: after, fixed, remaining } = fixText(text, { rules })
  if (mode === 'diff') {
    streams.out(unifiedDiff(file === standardInput ? 'stdin' : file.replace(/^(\.?\/)+/, ''), mark + text, mark + after))
    return named(file, lintText(text, { rules }), 0)
  }
  if (after !== text) writeAtomically(file, mark + after)
  return named(file, remaining, fixed.length)
}

function named(file: string, { findings, troubles }: LintedText, fixed: number): LintedFile {
  return {
    file,
    findings: findings.map((each) => ({ ...each, file })),
    troubles: troubles.map((each) => ({ ...each, file })),
    fixed,
  }
}

function writeBaseline(path: string, findings: readonly FileFinding[], report: LintReport, streams: Streams): 0 | 2 {
  try {
    writeFileSync(path, baselineText(findings))
  } catch (error) {
    throw new CommandError(`the baseline cannot be written: ${(error as Error).message}`, 2)
  }
  streams.out(`${findings.length} finding(s) written to ${path}; from now on: sheaf lint --baseline ${path} …\n`)
  return exitCodeOf(report) === 2 ? 2 : 0
}
