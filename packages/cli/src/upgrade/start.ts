// `sheaf upgrade start` and `retry`: the release is brought to the server and the upgrade begins; the controller does the rest,
// whether anybody waits or not.

import { harvesterSystemNamespace, type Upgrade } from '@sheaf/api'
import { StatusError } from '@sheaf/api/meta'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, type Connection, connect } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { forgetRelease } from './bring-release.ts'
import { followUpgrade } from './follow.ts'
import { exitCodeOf, statusText } from './status.ts'
import { type Target, type TargetFlags, targetFrom, targetOptions } from './target.ts'
import { createTeller, type Teller } from './teller.ts'
import { chosenUpgrade, hasEnded, stateOf, upgradesOf } from './upgrades.ts'

interface Flags {
  wait?: true
  output: 'text' | 'json'
}

interface StartFlags extends Flags, TargetFlags {
  override?: string
  confirmTimeout?: number
  moveGuests?: true
}

const exitCodes = `
Exit codes: 0 it has begun (with --wait: it has succeeded), 1 refused (with --wait: it has failed,
and the release before runs), 2 misused, 4 the server did not come back while it was waited for.`

const waitOption = (): Option => new Option('--wait', 'until it has ended, also while one release hands over to the next')

export function startUpgradeCommand(): Command {
  const command = new Command('start')
    .description('upgrade the platform; guests run on')
    .addOption(waitOption())
    .addOption(new Option('--override <checks>', 'ids of checks whose risk you take, with commas between; kept on record'))
    .addOption(new Option('--confirm-timeout <seconds>', 'how long the release may take to prove itself').argParser(parseSeconds))
    .addOption(
      new Option('--move-guests', 'when the release runs: move guests that an older QEMU runs to the one that is installed'),
    )
    .addOption(outputOption())
    .addHelpText('after', exitCodes)
    .action(start)
  for (const option of targetOptions()) command.addOption(option)
  return command
}

export function retryCommand(): Command {
  return new Command('retry')
    .description('begin an upgrade that failed once more, as a new one; the failed one stays on record')
    .argument('[upgrade]', 'its name (default: the newest)')
    .addOption(waitOption())
    .addOption(outputOption())
    .addHelpText('after', exitCodes)
    .action(retry)
}

export function parseSeconds(text: string): number {
  const seconds = Number(text.replace(/s$/, ''))
  if (Number.isInteger(seconds) && seconds >= 5 && seconds <= 1800) return seconds
  throw new InvalidArgumentError('give whole seconds from 5 to 1800.')
}

async function start({ override, confirmTimeout, moveGuests, wait, output, ...flags }: StartFlags): Promise<void> {
  const connection = connect()
  const teller = createTeller(process.stderr, output === 'json')
  const target = await targetFrom(flags, connection, teller)
  teller.end()
  const annotations = {
    ...(override === undefined ? {} : { 'sheaf.io/override': override }),
    ...(confirmTimeout === undefined ? {} : { 'sheaf.io/confirm-timeout': `${confirmTimeout}s` }),
    ...(moveGuests === true ? { 'sheaf.io/move-guests': 'true' } : {}),
  }
  try {
    await begin(target, annotations, { connection, teller, wait: wait === true, output })
  } catch (error) {
    // What was brought for an upgrade that is refused would only lie there.
    if (isRefusal(error) && flags.iso !== undefined) await forgetRelease(target.image ?? '', connection)
    throw error
  }
}

const isRefusal = (error: unknown): boolean => error instanceof StatusError && error.code === 400

async function retry(name: string | undefined, { wait, output }: Flags): Promise<void> {
  const connection = connect()
  const failed = await chosenUpgrade(connection.client, name)
  if (!hasEnded(failed)) throw new CommandError(`${failed.metadata.name} is under way. Look with: sheaf upgrade status`)
  if (stateOf(failed) === 'Succeeded')
    throw new CommandError(`${failed.metadata.name} has succeeded: there is nothing to do again`)
  const { version = '', image = '' } = failed.spec
  const kept = Object.entries(failed.metadata.annotations ?? {}).filter(([key]) => keptAnnotations.has(key))
  const teller = createTeller(process.stderr, output === 'json')
  const target = image === '' ? { version } : { image }
  await begin(target, Object.fromEntries(kept), { connection, teller, wait: wait === true, output })
}

/** What somebody decided about the release; not that it was to be paused or aborted. */
const keptAnnotations: ReadonlySet<string> = new Set([
  'sheaf.io/override',
  'sheaf.io/confirm-timeout',
  'sheaf.io/move-guests',
  'harvesterhci.io/skip-version-check',
])

interface Manner {
  connection: Connection
  teller: Teller
  wait: boolean
  output: 'text' | 'json'
}

async function begin(
  target: Target,
  annotations: Record<string, string>,
  { connection, teller, wait, output }: Manner,
): Promise<void> {
  let upgrade: Upgrade = await upgradesOf(connection.client).create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Upgrade',
    metadata: { namespace: harvesterSystemNamespace, generateName: 'hvst-upgrade-', annotations },
    spec: { ...target },
  })
  const name = upgrade.metadata.name ?? ''
  if (output === 'text') process.stderr.write(`${name} has begun.\n`)
  if (wait) {
    upgrade = await followUpgrade(name, connection.client, teller).finally(() => teller.end())
    process.exitCode = exitCodeOf(upgrade)
  }
  if (output === 'json') process.stdout.write(`${JSON.stringify(upgrade, undefined, 2)}\n`)
  else process.stdout.write(wait ? `${statusText(upgrade)}\n` : `Follow it with: sheaf upgrade status, sheaf upgrade log -f\n`)
}
