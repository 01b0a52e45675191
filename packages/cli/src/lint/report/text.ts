// For people, and for editors that jump to `file:line:column`.

import { isFixable } from '../fix-text.ts'
import { adviceText, type LintReport, objectText } from './lint-report.ts'

export function textReport(report: LintReport): string {
  const found = report.findings.map((finding) => {
    const { file, line, column, deprecation } = finding
    return `${file}:${line}:${column}: ${deprecation.severity}: ${deprecation.message} [${deprecation.rule.id}]\n    ${objectText(finding)}: ${adviceText(finding)}\n`
  })
  return `${[...found, summary(report)].join('')}\n`
}

function summary({ files, findings, troubles, fixed, tolerated, gone }: LintReport): string {
  const fixable = findings.filter(isFixable).length
  const parts = [
    `${counted(findings.length, 'finding')} in ${counted(files.length, 'file')}`,
    ...part(fixed, `${fixed} rewritten`),
    ...part(fixable, `${fixable} can be rewritten with --fix`),
    ...part(tolerated, `${tolerated} known to the baseline`),
    ...part(gone, `${gone} of the baseline no longer found: write it anew`),
    ...part(troubles.length, `${troubles.length} not looked at`),
  ]
  return parts.join('; ')
}

function part(count: number, text: string): string[] {
  return count === 0 ? [] : [text]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
