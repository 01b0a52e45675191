// SARIF 2.1.0: what code scanning services show beside the line.

import { pathToFileURL } from 'node:url'
import { deprecationRules, type Severity } from '@sheaf/api'
import { fingerprint } from '../baseline.ts'
import { standardInput } from '../sources.ts'
import { adviceText, type FileFinding, type FileTrouble, type LintReport } from './lint-report.ts'

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  refused: 'error',
  warned: 'warning',
  inert: 'note',
  documented: 'note',
}

export function sarifReport({ findings, troubles }: LintReport): string {
  const run = {
    tool: { driver: { name: 'sheaf lint', rules: deprecationRules.map(sarifRule) } },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: !troubles.some(({ kind }) => kind === 'unreadable'),
        toolExecutionNotifications: troubles.map(notification),
      },
    ],
    results: findings.map(sarifResult),
  }
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }
  return `${JSON.stringify(log, null, 2)}\n`
}

function sarifRule({ id, severity, replacement, explain }: (typeof deprecationRules)[number]): object {
  return {
    id,
    shortDescription: { text: `Instead: ${replacement}` },
    fullDescription: { text: explain },
    defaultConfiguration: { level: levels[severity] },
  }
}

function sarifResult(finding: FileFinding): object {
  const { deprecation } = finding
  return {
    ruleId: deprecation.rule.id,
    level: levels[deprecation.severity],
    message: { text: `${deprecation.message} (${adviceText(finding)})` },
    locations: [location(finding)],
    partialFingerprints: { 'sheaf/v1': fingerprint(finding) },
  }
}

function notification(trouble: FileTrouble): object {
  return {
    level: trouble.kind === 'unreadable' ? 'error' : 'note',
    message: { text: `${trouble.kind}: ${trouble.reason}` },
    locations: [location(trouble)],
  }
}

function location({ file, line, column }: { file: string; line: number; column: number }): object {
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line, startColumn: column } } }
}

/** Relative where the file was named so, with slashes, as the services want it. */
function uriOf(file: string): string {
  if (file === standardInput) return 'stdin'
  return file.startsWith('/') ? pathToFileURL(file).href : file.split('/').map(encodeURIComponent).join('/')
}
