// `sheaf upgrade pause | resume | abort | confirm-timeout`: what is asked of an upgrade is an annotation, which its controller
// reads at the next boundary.

import { harvesterSystemNamespace, type Upgrade } from '@sheaf/api'
import { Command } from 'commander'
import { CommandError, connect } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { parseSeconds } from './start.ts'
import { chosenUpgrade, hasEnded, upgradesOf } from './upgrades.ts'

interface Wish {
  name: 'pause' | 'resume' | 'abort'
  description: string
  annotations: Record<string, string | null>
  said: string
}

const wishes: readonly Wish[] = [
  {
    name: 'pause',
    description: 'hold an upgrade at the next boundary; what is under way goes on until then',
    annotations: { 'sheaf.io/upgrade-paused': 'true' },
    said: 'holds at the next boundary. Go on with: sheaf upgrade resume',
  },
  {
    name: 'resume',
    description: 'let an upgrade that is paused go on',
    annotations: { 'sheaf.io/upgrade-paused': null },
    said: 'goes on',
  },
  {
    name: 'abort',
    description: 'go back to where it began, unless the new release is proving itself',
    annotations: { 'sheaf.io/upgrade-aborted': 'true' },
    said: 'goes back. Look with: sheaf upgrade status',
  },
]

interface Flags {
  output: 'text' | 'json'
}

const exitCodes = '\nExit codes: 0 asked for, 1 there is no such upgrade or it has ended, 2 misused.'

export const wishCommands = (): Command[] => [...wishes.map(wishCommand), confirmTimeoutCommand()]

function wishCommand({ name, description, annotations, said }: Wish): Command {
  return new Command(name)
    .description(description)
    .argument('[upgrade]', 'its name (default: the newest)')
    .addOption(outputOption())
    .addHelpText('after', exitCodes)
    .action(async (given: string | undefined, { output }: Flags) => tell(await wish(given, annotations), said, output))
}

function confirmTimeoutCommand(): Command {
  return new Command('confirm-timeout')
    .description('how long the new release of an upgrade may take to prove itself')
    .argument('<seconds>', 'from 5 to 1800; 60 when nobody says anything', parseSeconds)
    .argument('[upgrade]', 'its name (default: the newest)')
    .addOption(outputOption())
    .addHelpText('after', exitCodes)
    .action(async (seconds: number, given: string | undefined, { output }: Flags) =>
      tell(await wish(given, { 'sheaf.io/confirm-timeout': `${seconds}s` }), `has ${seconds} s to prove its release`, output),
    )
}

async function wish(given: string | undefined, annotations: Record<string, string | null>): Promise<Upgrade> {
  const { client } = connect()
  const upgrade = await chosenUpgrade(client, given)
  const name = upgrade.metadata.name ?? ''
  if (hasEnded(upgrade)) throw new CommandError(`${name} has ended. Look with: sheaf upgrade status`)
  return upgradesOf(client).patch({ namespace: harvesterSystemNamespace, name }, { metadata: { annotations } })
}

function tell(upgrade: Upgrade, said: string, output: Flags['output']): void {
  process.stdout.write(output === 'json' ? `${JSON.stringify(upgrade, undefined, 2)}\n` : `${upgrade.metadata.name} ${said}.\n`)
}
