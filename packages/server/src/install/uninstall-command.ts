// `sheaf uninstall`: takes away what install put there. Data stays, unless it is to go too.

import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { scanByPidFile } from '@sheaf/qemu'
import { ownDataEntries } from '../data-folder.ts'
import { UsageError } from '../options.ts'
import { slotsFile } from '../supervisor/slots.ts'
import { isServing } from './install.ts'
import { defaultPrefix, ownEntries, programPath } from './layout.ts'
import { readSettings } from './prefix-program.ts'
import { findSystemd } from './systemd.ts'

const say = (text: string): void => void process.stdout.write(text)

/** 0: done. 1: refused. Throws UsageError. */
export async function uninstallCommand(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const flags = readFlags(words)
  if (flags.purge === true && flags['leave-guests'] === true)
    throw new UsageError('guests cannot run on without their data: leave --purge or --leave-guests away')
  const isRoot = process.getuid?.() === 0
  const prefix = resolve(flags.prefix ?? environment['SHEAF_PREFIX'] ?? defaultPrefix(isRoot))
  const settings = readSettings(prefix)
  if (settings === undefined && !existsSync(slotsFile(prefix)))
    return refuse(`nothing is installed in ${prefix}; say where with --prefix`)
  const dataFolder = settings?.dataFolder
  const guests = dataFolder === undefined ? 0 : (await scanByPidFile(join(dataFolder, 'machines'))).size
  if (guests > 0 && flags['leave-guests'] !== true)
    return refuse(
      `${guests} guest(s) run. Shut them down first: ${programPath(prefix)} down. Or let them run on with nobody to look after them: --leave-guests`,
    )
  const systemd = findSystemd(isRoot)
  if (systemd?.prefixInUse() === prefix) await systemd.remove()
  if (dataFolder !== undefined && (await isServing(dataFolder)))
    return refuse(`a server still serves ${dataFolder}: end it first, as with Ctrl-C where it runs in the foreground`)
  removeEntries(prefix, ownEntries)
  say(`Sheaf is gone from ${prefix}.\n`)
  if (dataFolder === undefined || !existsSync(dataFolder)) return 0
  if (flags.purge === true) removeEntries(dataFolder, ownDataEntries)
  say(flags.purge === true ? `So is its data from ${dataFolder}.\n` : `Its data is still in ${dataFolder}.\n`)
  return 0
}

function refuse(why: string): number {
  process.stderr.write(`sheaf: not uninstalled: ${why}\n`)
  return 1
}

/** Ours alone; the folder itself only when nothing else is in it. */
function removeEntries(folder: string, entries: readonly string[]): void {
  for (const entry of entries) rmSync(join(folder, entry), { recursive: true, force: true })
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

const boolean = { type: 'boolean' } as const

function readFlags(words: readonly string[]) {
  const options = { prefix: { type: 'string' }, purge: boolean, 'leave-guests': boolean } as const
  try {
    return parseArgs({ args: [...words], strict: true, allowPositionals: false, options }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf uninstall --help`)
  }
}
