// What CI runs, in CI's order: format, lint, types, dead code, then every test. Ends with a line `N passed, N failed`.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { preparePrograms } from './prepare.ts'
import { runCommand } from './run-command.ts'
import { step } from './step.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const checks: readonly { title: string; command: string; args: readonly string[] }[] = [
  { title: 'format', command: 'biome', args: ['format', '.'] },
  { title: 'lint', command: 'oxlint', args: ['--type-aware'] },
  { title: 'types', command: 'tsc', args: ['-p', '.'] },
  { title: 'dead code', command: 'knip', args: [] },
]

interface Count {
  passed: number
  failed: number
  skipped: number
}

async function runChecks(): Promise<Count> {
  const count: Count = { passed: 0, failed: 0, skipped: 0 }
  for (const { title, command, args } of checks) {
    const { code, output } = await step(title, () => runCommand(command, args, { cwd: root }))
    if (code === 0) count.passed += 1
    else {
      count.failed += 1
      console.log(output)
    }
  }
  return count
}

async function runTests(filters: readonly string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-check-'))
  const report = join(folder, 'report.json')
  try {
    console.log('• tests')
    const { code } = await runCommand(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters],
      { cwd: root, show: true },
    )
    // A run that ended before its report counts as one that failed.
    const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = (
      existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
    ) as Partial<Record<string, number>>
    const failed = Math.max(numFailedTests ?? 0, code === 0 && existsSync(report) ? 0 : Math.max(1, numFailedTestSuites ?? 0))
    return { passed: numPassedTests ?? 0, failed, skipped: numPendingTests ?? 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const filters = process.argv.slice(2)
try {
  await preparePrograms('test')
} catch (error) {
  console.error(`sheaf: ${error instanceof Error ? error.message : String(error)}`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
const counts = [filters.length === 0 ? await runChecks() : { passed: 0, failed: 0, skipped: 0 }, await runTests(filters)]
const total = (key: keyof Count): number => counts.reduce((sum, count) => sum + count[key], 0)
console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`)
process.exit(total('failed') === 0 && total('passed') > 0 ? 0 : 1)
