// `sheaf upgrade plan`: the stations of an upgrade, what each is expected to take, and what going back from it means.

import { Command } from 'commander'
import { aligned } from '../aligned.ts'
import { connect } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { queryOf, type TargetFlags, targetFrom, targetOptions } from './target.ts'
import { createTeller } from './teller.ts'
import { actionsPath, ask } from './upgrades.ts'

interface Plan {
  stations: readonly { station: string; title: string; undo?: string; expectedMs: number; basis: 'history' | 'estimate' }[]
  leftMs: number
}

export function planCommand(): Command {
  const command = new Command('plan')
    .description('what an upgrade would do, in which order, and how long it takes')
    .addOption(outputOption())
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 misused.')
    .action(run)
  for (const option of targetOptions()) command.addOption(option)
  return command
}

async function run({ output, ...flags }: TargetFlags & { output: 'text' | 'json' }): Promise<void> {
  const connection = connect()
  const teller = createTeller(process.stderr, output === 'json')
  const target = await targetFrom(flags, connection, teller)
  teller.end()
  const plan = await ask<Plan>(connection.client, 'GET', `${actionsPath}/upgrades/plan?${queryOf(target)}`)
  process.stdout.write(output === 'json' ? `${JSON.stringify(plan, undefined, 2)}\n` : `${planText(plan)}\n`)
}

export function planText({ stations, leftMs }: Plan): string {
  const rows = stations.map(({ station, title, expectedMs, basis, undo }) => [
    station,
    `${seconds(expectedMs)}${basis === 'history' ? ' (as last time)' : ''}`,
    title,
    undo ?? '-',
  ])
  return `${aligned([['STATION', 'EXPECTED', 'WHAT', 'GOING BACK'], ...rows])}\n\nIn all about ${seconds(leftMs)}.`
}

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))} s`
