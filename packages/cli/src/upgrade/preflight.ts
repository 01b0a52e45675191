// `sheaf upgrade preflight`: whether an upgrade may begin; each check with its verdict, why, and how to mend it.

import { Command, Option } from 'commander'
import { type Connection, connect } from '../connection.ts'
import { migrateStorage } from '../migrate-storage/migrate-storage.ts'
import { createProgress } from '../migrate-storage/progress.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { queryOf, type TargetFlags, targetFrom, targetOptions } from './target.ts'
import { createTeller } from './teller.ts'
import { actionsPath, ask } from './upgrades.ts'

export interface CheckResult {
  id: string
  title: string
  verdict: 'pass' | 'warn' | 'fail'
  why: string
  mend?: string
  fix?: 'rewrite-deprecated-fields' | 'renew-certificates' | 'remove-leftovers'
  mayBeOverridden: boolean
  isOverridden: boolean
}

export interface Preflight {
  checks: readonly CheckResult[]
  blockers: readonly CheckResult[]
}

interface Flags extends TargetFlags {
  fix?: true
  override?: string
  output: 'text' | 'json'
}

export function preflightCommand(): Command {
  const command = new Command('preflight')
    .description('whether an upgrade may begin, and what would have to be mended first')
    .addOption(new Option('--fix', 'mend what can be mended here, then look again'))
    .addOption(new Option('--override <checks>', 'ids of checks whose risk you take, with commas between'))
    .addOption(outputOption())
    .addHelpText('after', '\nExit codes: 0 nothing stands in the way, 1 something does, 2 misused.')
    .action(run)
  for (const option of targetOptions()) command.addOption(option)
  return command
}

async function run({ fix, override = '', output, ...flags }: Flags): Promise<void> {
  const connection = connect()
  const teller = createTeller(process.stderr, output === 'json')
  const query = queryOf(await targetFrom(flags, connection, teller))
  teller.end()
  const path = `${actionsPath}/upgrades/preflight?${query}&override=${encodeURIComponent(override)}`
  // The kubeconfig is read each time: a fix may change what is in it.
  const look = (): Promise<Preflight> => ask<Preflight>(connect().client, 'GET', path)
  let result = await look()
  if (fix === true) {
    for (const each of new Set(result.checks.flatMap((check) => check.fix ?? []))) await mend(each, connect())
    result = await look()
  }
  process.stdout.write(output === 'json' ? `${JSON.stringify(result, undefined, 2)}\n` : `${preflightText(result)}\n`)
  if (result.blockers.length > 0) process.exitCode = 1
}

async function mend(fix: NonNullable<CheckResult['fix']>, { client }: Connection): Promise<void> {
  switch (fix) {
    case 'remove-leftovers':
      await ask(client, 'PUT', `${actionsPath}/upgrades/remove-leftovers`, {})
      return
    case 'rewrite-deprecated-fields': {
      // The answer is what follows, which programs read.
      const progress = createProgress(process.stderr)
      const options = { namespace: undefined, labelSelector: undefined, rules: undefined, dryRun: false }
      await migrateStorage(client, options, progress).finally(progress.end)
      return
    }
    case 'renew-certificates':
      await ask(client, 'PUT', `${actionsPath}/upgrades/renew-certificates`, {})
      return
  }
}

const marks = { pass: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

export function preflightText({ checks, blockers }: Preflight): string {
  const lines = checks.flatMap(({ id, verdict, why, mend = '', isOverridden }) => [
    `${marks[verdict]}  ${id}: ${why}${isOverridden && verdict === 'fail' ? ' (overridden)' : ''}`,
    ...(verdict === 'pass' || mend === '' ? [] : [`      ${mend}`]),
  ])
  const verdict =
    blockers.length === 0 ? 'The upgrade may begin.' : `It may not begin because of: ${blockers.map(({ id }) => id).join(', ')}.`
  return [...lines, verdict].join('\n')
}
