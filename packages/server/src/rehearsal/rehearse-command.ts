// `sheaf rehearse`: what an upgrade runs of the new release before anything is touched.

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createLog } from '../log.ts'
import { UsageError } from '../options.ts'
import { rehearse } from './rehearse.ts'

/** Ten thousand objects take less than a minute; who needs longer would keep the platform waiting in earnest as well. */
const usualSeconds = 300

/** Prints the report as one line of JSON. The exit code is 0 when there are no problems. */
export async function rehearseCommand(args: readonly string[]): Promise<number> {
  const { store, temp, seconds } = readFlags(args)
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new Error(`it was not done within ${seconds} s`)), seconds * 1000).unref()
  const asked = (): void => limit.abort(new Error('it was asked to end'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, asked)
  const log = createLog({ logFormat: 'text', logLevel: 'warn' })
  const report = await rehearse({ store, parentFolder: temp, log, signal: limit.signal })
  clearTimeout(timer)
  process.stdout.write(`${JSON.stringify(report)}\n`)
  return report.ok ? 0 : 1
}

function readFlags(args: readonly string[]): { store: string; temp: string; seconds: number } {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...args], options: { store: text, temp: text, timeout: text } })
    const { store, temp = tmpdir(), timeout } = values
    if (store === undefined) throw new Error('which store? Name a copy of one with --store')
    if (!existsSync(store)) throw new Error(`there is no store ${store}`)
    const seconds = timeout === undefined ? usualSeconds : Number(timeout)
    if (!Number.isInteger(seconds) || seconds < 1) throw new Error(`--timeout takes whole seconds, not "${timeout}"`)
    return { store: resolve(store), temp: resolve(temp), seconds }
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf rehearse --help`)
  }
}
