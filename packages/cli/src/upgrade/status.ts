// `sheaf upgrade status`: how far an upgrade is.

import { type HarvesterCondition, type Upgrade, upgradeConditionTypes } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { Command } from 'commander'
import { aligned } from '../aligned.ts'
import { connect } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { actionsPath, ask, chosenUpgrade, hasEnded, stateOf } from './upgrades.ts'

export const exitUnderWay = 3

export function statusOfUpgradeCommand(): Command {
  return new Command('status')
    .description('how far an upgrade is')
    .argument('[upgrade]', 'its name (default: the newest)')
    .addOption(outputOption())
    .addHelpText('after', '\nExit codes: 0 it has succeeded, 1 it has failed or there is none, 2 misused, 3 it is under way.')
    .action(run)
}

async function run(name: string | undefined, { output }: { output: 'text' | 'json' }): Promise<void> {
  const { client } = connect()
  const upgrade = await chosenUpgrade(client, name)
  const release = output === 'json' ? undefined : await ask<Release>(client, 'GET', `${actionsPath}/release`)
  process.stdout.write(
    release === undefined ? `${JSON.stringify(upgrade, undefined, 2)}\n` : `${statusText(upgrade)}\n\n${releaseLine(release)}\n`,
  )
  process.exitCode = exitCodeOf(upgrade)
}

interface Release {
  version: string
  previous?: string
}

/** Whatever an upgrade says of its time. */
export const releaseLine = ({ version, previous }: Release): string =>
  `${version} runs${previous === undefined ? '' : `; to let ${previous} take over: sheaf upgrade rollback`}`

export const exitCodeOf = (upgrade: Upgrade): number =>
  hasEnded(upgrade) ? (stateOf(upgrade) === 'Succeeded' ? 0 : 1) : exitUnderWay

export function statusText(upgrade: Upgrade): string {
  const { metadata, spec, status } = upgrade
  const rows = conditionsOf(upgrade).map(({ type, status: is, reason = '', message = '' }) => [type, is, reason, message])
  const head = `${metadata.name}: ${stateOf(upgrade) || 'not begun'}, from ${status?.previousVersion ?? '?'} to ${spec.version || spec.image}`
  return rows.length === 0 ? head : `${head}\n\n${aligned([['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], ...rows])}`
}

const conditionsOf = ({ status }: Upgrade): HarvesterCondition[] =>
  upgradeConditionTypes.flatMap((type) => findCondition(status?.conditions, type) ?? [])

/** What is under way, in one line. */
export function conditionLine(upgrade: Upgrade): string {
  const [completed, ...parts] = conditionsOf(upgrade)
  const current = parts.findLast(({ status }) => status !== 'True') ?? completed
  const left = completed === current ? '' : ` (${completed?.message ?? ''})`
  return `${stateOf(upgrade) || 'waiting'}: ${current?.message ?? ''}${left}`
}
