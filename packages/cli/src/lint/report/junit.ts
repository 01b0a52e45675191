// JUnit's XML: what every CI server shows as tests. A file is a suite; a clean file is one test that passes.

import { adviceText, type FileFinding, type FileTrouble, isAtLeast, type LintReport, objectText } from './lint-report.ts'

export function junitReport(report: LintReport): string {
  const suites = report.files.map((file) => suite(file, report))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sheaf lint">\n${suites.join('')}</testsuites>\n`
}

function suite(file: string, { findings, troubles, level }: LintReport): string {
  const found = findings.filter((finding) => finding.file === file)
  const unread = troubles.filter((trouble) => trouble.file === file)
  const cases = [
    ...found.map((finding) => findingCase(finding, isAtLeast(finding.deprecation.severity, level))),
    ...unread.map(troubleCase),
  ]
  if (cases.length === 0) cases.push(`    <testcase classname="${escaped(file)}" name="nothing deprecated"/>\n`)
  const failures = found.filter(({ deprecation }) => isAtLeast(deprecation.severity, level)).length
  const errors = unread.filter(({ kind }) => kind === 'unreadable').length
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${unread.length - errors}"`
  return `  <testsuite name="${escaped(file)}" ${counts}>\n${cases.join('')}  </testsuite>\n`
}

/** Below the level a finding is a test that passes and says something. */
function findingCase(finding: FileFinding, isFailure: boolean): string {
  const { file, line, column, deprecation } = finding
  const message = escaped(deprecation.message)
  const text = escaped(`${file}:${line}:${column} ${objectText(finding)}: ${deprecation.message} (${adviceText(finding)})`)
  const body = isFailure
    ? `<failure message="${message}" type="${deprecation.severity}">${text}</failure>`
    : `<system-out>${text}</system-out>`
  return `    <testcase classname="${escaped(file)}" name="${escaped(deprecation.rule.id)} at ${line}:${column}">${body}</testcase>\n`
}

function troubleCase({ file, kind, line, column, reason }: FileTrouble): string {
  const message = escaped(reason)
  const body = kind === 'skipped' ? `<skipped message="${message}"/>` : `<error message="${message}"/>`
  return `    <testcase classname="${escaped(file)}" name="readable at ${line}:${column}">${body}</testcase>\n`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

function escaped(text: string): string {
  return text.replaceAll(forbidden, '\uFFFD').replaceAll(/[&<>"\n\r\t]/g, (each) => entities[each] ?? each)
}

/** Control characters that XML does not allow at all, not even escaped. */
const forbidden = /(?![\n\r\t])[\p{Cc}\uFFFE\uFFFF]/gu
