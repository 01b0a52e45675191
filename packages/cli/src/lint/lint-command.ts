// `sheaf lint`: deprecated fields in manifests, before a server sees them. Needs no server.

import { Argument, Command, Option } from 'commander'
import { deprecationRules, type Severity, severities } from '@sheaf/api'
import { CommandError } from '../connection.ts'
import { githubReport } from './report/github.ts'
import { jsonReport } from './report/json.ts'
import { junitReport } from './report/junit.ts'
import type { LintReport } from './report/lint-report.ts'
import { sarifReport } from './report/sarif.ts'
import { textReport } from './report/text.ts'
import { type LintOptions, runLint } from './run-lint.ts'
import { standardInput } from './sources.ts'

const formats = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  junit: junitReport,
  github: githubReport,
} satisfies Record<string, (report: LintReport) => string>

interface Flags {
  level: Severity
  rule?: string
  format: keyof typeof formats
  baseline?: string
  writeBaseline?: string
  fix?: true
  diff?: true
}

export function lintCommand(): Command {
  return new Command('lint')
    .description('find deprecated fields in manifests, and rewrite them')
    .addArgument(new Argument('<path...>', 'files, folders, or - for standard input'))
    .addOption(new Option('--level <severity>', 'from where on a finding fails the run').choices(severities).default('warned'))
    .addOption(new Option('--rule <id>', 'look for this one only').choices(deprecationRules.map(({ id }) => id)))
    .addOption(new Option('--format <format>', 'how to report').choices(Object.keys(formats)).default('text'))
    .addOption(new Option('--baseline <file>', 'tolerate the findings that this file knows'))
    .addOption(
      new Option('--write-baseline <file>', 'write all findings to this file').conflicts(['baseline', 'fix', 'diff', 'format']),
    )
    .addOption(new Option('--fix', 'rewrite the files in place, where that is certain').conflicts('diff'))
    .addOption(new Option('--diff', 'print what --fix would change').conflicts('format'))
    .addHelpText('after', epilogue)
    .action(lint)
}

const epilogue = `
Severities: refused (the server does not take it), warned (it takes it and warns),
inert (it has no effect), documented (only the documentation says so).

Folders are searched for *.yaml, *.yml and *.json; hidden folders and node_modules
are not. Templates have to be rendered first:
  helm template ./chart | sheaf lint -
  kubectl kustomize ./overlay | sheaf lint -

--fix changes the deprecated words only: comments, order, quotes, indentation and
line ends stay. What it cannot be certain of it leaves, and says why.

Exit codes: 0 clean, 1 findings at or above --level, 2 misuse or unreadable input.`

async function lint(paths: string[], flags: Flags): Promise<void> {
  if (flags.fix && paths.includes(standardInput)) {
    throw new CommandError('standard input cannot be rewritten in place. Try --diff, or name the files.', 2)
  }
  const streams = {
    out: (text: string) => void process.stdout.write(text),
    error: (text: string) => void process.stderr.write(text),
  }
  process.exitCode = await runLint(paths, optionsOf(flags), streams)
}

function optionsOf({ level, rule, format, baseline, writeBaseline, fix, diff }: Flags): LintOptions {
  return {
    level,
    mode: fix ? 'fix' : diff ? 'diff' : 'look',
    format: formats[format],
    ...(rule === undefined ? {} : { rules: new Set([rule]) }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(writeBaseline === undefined ? {} : { writeBaseline }),
  }
}
