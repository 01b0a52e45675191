// `sheaf upgrade rollback`: the release before takes over, in the same way as in an upgrade, and has to prove itself as well.

import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, connect } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { actionsPath, ask } from './upgrades.ts'

const lookMs = 100
/** Beyond the deadline: for ending a release that does not end, and for starting the one that comes back. */
const graceMs = 30_000

interface Started {
  id: string
  from: string
  to: string
  /** Undefined where no upgrade led from the one to the other. */
  rewritten?: { migrations: readonly string[]; changed: number; left: readonly string[] }
}

interface Release {
  version: string
  outcome?: { version: string; id: string; result: 'confirmed' | 'taken-back'; why?: string }
}

interface Flags {
  deadline: number
  dryRun?: true
  output: 'text' | 'json'
}

export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('let the release before take over; guests run on')
    .addOption(
      new Option('--deadline <seconds>', 'how long it may take to prove itself').argParser(parseSeconds).default(120, '120'),
    )
    .addOption(new Option('--dry-run', 'say what would be rewritten in the store, and do nothing'))
    .addOption(outputOption())
    .addHelpText('after', epilogue)
    .action(rollback)
}

const epilogue = `
What the upgrade has rewritten in the store is taken back first, as far as the release before does
not know it and nobody has changed it since. Then writes are held for about a second, and every
guest runs on. A release that does not prove itself in time is taken back, and the present one goes
on with everything that was stored.

Exit codes: 0 the release before runs; 1 refused, or it was taken back; 2 misused.`

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('give whole seconds from 1 to 3600.')
}

async function rollback({ deadline, dryRun, output }: Flags): Promise<void> {
  const { client } = connect()
  const body = { deadlineSeconds: deadline, ...(dryRun && { dryRun: ['All'] }) }
  const started = await ask<Started>(client, 'PUT', `${actionsPath}/rollback`, body)
  if (dryRun) return void process.stdout.write(output === 'json' ? json(started) : rollbackText(started, 'would be'))
  if (output === 'text') process.stderr.write(rollbackText(started, 'were'))
  const release = await untilDecided(client, started, Date.now() + deadline * 1000 + graceMs)
  if (output === 'json') process.stdout.write(json({ ...started, ...release }))
  if (release.outcome?.result !== 'confirmed')
    throw new CommandError(
      `${started.to} was taken back: ${release.outcome?.why ?? ''}. ${release.version} runs, with all that was stored`,
    )
  if (output === 'text') process.stdout.write(`${release.version} runs.\n`)
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`

export function rollbackText({ from, to, rewritten }: Started, verb: 'were' | 'would be'): string {
  const head = verb === 'were' ? `${from} hands the platform over to ${to}` : `${from} would hand the platform over to ${to}`
  if (rewritten === undefined) return `${head}\n`
  const { migrations, changed, left } = rewritten
  const names = migrations.length === 0 ? '' : ` by ${migrations.join(', ')}`
  const lines = [head, `${changed} objects ${verb} rewritten for it${names}`, ...left.map((each) => `left as it is: ${each}`)]
  return lines.map((line) => `${line}\n`).join('')
}

/** In between nobody answers, or one that is not decided about. */
async function untilDecided(client: Client, { id, to }: Started, untilMs: number): Promise<Release> {
  while (Date.now() < untilMs) {
    const release = await ask<Release>(client, 'GET', `${actionsPath}/release`).catch((error: unknown) => {
      if (error instanceof StatusError && error.code === 401) throw error
    })
    if (release?.outcome?.id === id) return release
    await pause(lookMs)
  }
  throw new CommandError(`it is not known whether ${to} runs: no server has said so in time. Look with: sheaf version`)
}
