// For programs. Fields are only ever added.

import { pathText } from '@sheaf/api'
import { exitCodeOf, type FileFinding, type LintReport } from './lint-report.ts'

export function jsonReport(report: LintReport): string {
  const { files, troubles, fixed, tolerated, gone, level } = report
  const findings = report.findings.map(jsonFinding)
  const summary = { files: files.length, findings: findings.length, fixed, tolerated, gone, level, exitCode: exitCodeOf(report) }
  return `${JSON.stringify({ summary, findings, troubles }, null, 2)}\n`
}

function jsonFinding({ file, line, column, deprecation, fix }: FileFinding): object {
  const { rule, severity, message, path, value, object, rewrite } = deprecation
  return {
    file,
    line,
    column,
    rule: rule.id,
    severity,
    message,
    object,
    path: pathText(path),
    value,
    since: rule.since,
    replacement: rule.replacement,
    fix: 'splices' in fix ? { certain: true, edits: rewrite.certain ? rewrite.edits : [] } : { certain: false, ...fix },
  }
}
