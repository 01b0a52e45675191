// `sheaf upgrade log`: what an upgrade did, line by line. While no server answers it is read from the data folder, where it is
// written.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { harvesterSystemNamespace } from '@sheaf/api'
import { bodyText, type Client } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import { Command, Option } from 'commander'
import { CommandError, connect, dataFolder } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { actionPath, chosenUpgrade, isThrough, upgradesOf } from './upgrades.ts'

interface Flags {
  follow?: true
  output: 'text' | 'json'
}

const lookMs = 500

export function upgradeLogCommand(): Command {
  return new Command('log')
    .description('what an upgrade did')
    .argument('[upgrade]', 'its name (default: the newest)')
    .addOption(new Option('-f, --follow', 'go on until it has ended'))
    .addOption(outputOption())
    .addHelpText('after', '\nExit codes: 0 shown, 1 there is none, 2 misused. With -o json: one object a line, as it is written.')
    .action(run)
}

async function run(name: string | undefined, { follow, output }: Flags): Promise<void> {
  const source = (await throughServer(name)) ?? fromFolder()
  let shown = 0
  for (;;) {
    const hasEndedNow = await source.hasEnded()
    const text = await source.readFrom(shown)
    // A line that is being written is shown when it is whole.
    const whole = text.subarray(0, text.lastIndexOf(0x0a) + 1)
    shown += whole.length
    process.stdout.write(output === 'json' ? whole : logText(whole.toString()))
    if (follow !== true || hasEndedNow) return
    await pause(lookMs)
  }
}

interface Source {
  readFrom(byte: number): Promise<Buffer>
  hasEnded(): Promise<boolean>
}

/** Undefined when no server answers. */
async function throughServer(given: string | undefined): Promise<Source | undefined> {
  const { client } = connect()
  try {
    const { metadata } = await chosenUpgrade(client, given)
    const name = metadata.name ?? ''
    const path = fileOf(metadata.uid ?? '')
    return {
      readFrom: (byte) => readBoth(client, name, path, byte),
      async hasEnded() {
        const now = await unlessAway(() => upgradesOf(client).find({ namespace: harvesterSystemNamespace, name }))
        return now !== undefined && isThrough(now)
      },
    }
  } catch (error) {
    if (error instanceof StatusError || error instanceof CommandError) throw error
    return undefined
  }
}

/** The server's word, or the file itself while one release hands over to the next. */
async function readBoth(client: Client, name: string, path: string, byte: number): Promise<Buffer> {
  const said = await unlessAway(async () =>
    Buffer.from(await bodyText((await client.request('GET', `${actionPath(name, 'log')}?from=${byte}`)).body)),
  )
  return said ?? readFile(path, byte)
}

async function unlessAway<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof StatusError && error.code < 500 && error.code !== 429) throw error
    return undefined
  }
}

const fileOf = (id: string): string => join(dataFolder(), 'upgrades', id, 'log.jsonl')

function readFile(path: string, byte: number): Buffer {
  return existsSync(path) ? readFileSync(path).subarray(byte) : Buffer.alloc(0)
}

/** The one that was written last. */
function fromFolder(): Source {
  const folder = join(dataFolder(), 'upgrades')
  const ids = existsSync(folder) ? readdirSync(folder).filter((id) => existsSync(fileOf(id))) : []
  const newest = ids.toSorted((a, b) => statSync(fileOf(a)).mtimeMs - statSync(fileOf(b)).mtimeMs).at(-1)
  if (newest === undefined) throw new CommandError('no server answers, and there is no log of an upgrade in the data folder')
  const path = fileOf(newest)
  process.stderr.write(`No server answers; this is ${path}\n`)
  return {
    readFrom: async (byte) => readFile(path, byte),
    hasEnded: async () => /"message":"what was made for the upgrade is gone/.test(readFile(path, 0).toString()),
  }
}

interface Line {
  time: string
  level: string
  message: string
}

export function logText(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { time, level, message } = JSON.parse(line) as Line
      return `${time} ${level === 'info' ? '' : `${level.toUpperCase()} `}${message}\n`
    })
    .join('')
}
