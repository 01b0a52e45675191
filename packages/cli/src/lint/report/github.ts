// GitHub's workflow commands: annotations in the files of a pull request.

import type { Severity } from '@sheaf/api'
import { adviceText, type FileFinding, type FileTrouble, type LintReport } from './lint-report.ts'

const commands: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  refused: 'error',
  warned: 'warning',
  inert: 'notice',
  documented: 'notice',
}

export function githubReport({ findings, troubles }: LintReport): string {
  return [...findings.map(findingCommand), ...troubles.map(troubleCommand)].join('')
}

function findingCommand(finding: FileFinding): string {
  const { deprecation } = finding
  return command(commands[deprecation.severity], finding, deprecation.rule.id, `${deprecation.message} (${adviceText(finding)})`)
}

function troubleCommand(trouble: FileTrouble): string {
  return command(trouble.kind === 'unreadable' ? 'error' : 'notice', trouble, trouble.kind, trouble.reason)
}

function command(name: string, at: { file: string; line: number; column: number }, title: string, message: string): string {
  return `::${name} file=${property(at.file)},line=${at.line},col=${at.column},title=${property(title)}::${data(message)}\n`
}

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
