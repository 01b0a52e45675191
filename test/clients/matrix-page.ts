// The page of the matrix.

import type { ClientReport, Outcome } from './client.ts'

/** A page is read; whole logs are not. */
const mostWords = 300

export function matrixPage(reports: readonly ClientReport[]): string {
  return `# Clients

Which clients were run against Sheaf, what each did, and what came of it. \`node test/clients/run.ts\` brings every client,
does all of it against a server with real machines, and writes this page; nothing in it is assumed.

| client | version | from | works | fails |
|---|---|---|---|---|
${reports.map(summaryRow).join('\n')}

${reports.map(section).join('\n\n')}
`
}

const countOf = ({ outcomes }: ClientReport, state: Outcome['state']): number =>
  outcomes.filter((each) => each.state === state).length

const summaryRow = (report: ClientReport): string =>
  `| ${[
    report.name,
    report.version ?? 'could not be had',
    `\`${report.origin}\``,
    countOf(report, 'works'),
    countOf(report, 'fails'),
  ].join(' | ')} |`

function section(report: ClientReport): string {
  const lines = report.absence === undefined ? report.outcomes.map(line) : [`Could not be had: ${shortened(report.absence)}`]
  return `## ${report.name}${report.version === undefined ? '' : ` ${report.version}`}\n\n${lines.join('\n')}`
}

const line = (outcome: Outcome): string =>
  outcome.state === 'works' ? `- ✓ ${outcome.title}` : `- ✗ ${outcome.title}: ${shortened(outcome.words)}`

function shortened(words: string): string {
  const flat = words.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('`', "'")
  return `\`${flat.length > mostWords ? `${flat.slice(0, mostWords)}…` : flat}\``
}
