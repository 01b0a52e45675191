// `sheaf upgrade versions`: which releases can be upgraded to, and why not to the others.

import { Command, Option } from 'commander'
import { aligned } from '../aligned.ts'
import { connect } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { actionsPath, ask } from './upgrades.ts'

export interface Versions {
  installed: string
  versions: readonly {
    name: string
    canBeUpgradedTo: boolean
    why?: string
    isDiscovered: boolean
    isoURL?: string
    releaseDate?: string
    minUpgradableVersion?: string
  }[]
  /** Where releases are looked for; absent where nobody looks. */
  source?: { place: string; lookedAt?: string; problems: readonly string[] }
}

interface Flags {
  refresh?: true
  output: 'text' | 'json'
}

export function versionsCommand(): Command {
  return new Command('versions')
    .description('which releases can be upgraded to, and why not to the others')
    .addOption(new Option('--refresh', 'look now where releases are published, instead of once an hour'))
    .addOption(outputOption())
    .addHelpText('after', '\nExit codes: 0 shown, 1 refused or failed, 2 misused.')
    .action(run)
}

async function run({ refresh, output }: Flags): Promise<void> {
  const path = `${actionsPath}/upgrades/versions`
  const versions = await ask<Versions>(connect().client, refresh === true ? 'PUT' : 'GET', path)
  process.stdout.write(output === 'json' ? `${JSON.stringify(versions, undefined, 2)}\n` : `${versionsText(versions)}\n`)
}

export function versionsText({ installed, versions, source }: Versions): string {
  const rows = versions.map(({ name, releaseDate = '', canBeUpgradedTo, isDiscovered, why = '' }) => [
    name,
    releaseDate || '-',
    isDiscovered ? 'found' : 'by hand',
    canBeUpgradedTo ? 'yes' : 'no',
    why,
  ])
  const table = rows.length === 0 ? [] : [aligned([['VERSION', 'RELEASED', 'MADE', 'UPGRADE', 'WHY NOT'], ...rows])]
  return [`${installed} runs.`, ...table, ...sourceLines(source, rows.length === 0)].join('\n')
}

function sourceLines(source: Versions['source'], isEmpty: boolean): string[] {
  const none = isEmpty ? ['There is no Version.'] : []
  if (source === undefined)
    return [...none, 'Nobody looks for releases: sheaf serve --releases names a URL or a folder to look in.']
  const looked = source.lookedAt === undefined ? 'not yet' : source.lookedAt
  return [...none, `Looked for in ${source.place}: ${looked}.`, ...source.problems.map((problem) => `  ${problem}`)]
}
