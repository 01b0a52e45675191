// `sheaf install`: from a checkout or an installed release, or from a release's ISO.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dataFolderPath } from '../data-folder.ts'
import { portOf, UsageError } from '../options.ts'
import { IsoUnreadable } from '../release/iso-files.ts'
import { type PublicKey, readPublicKey } from '../release/minisign.ts'
import { PayloadRefused } from '../release/unpack-payload.ts'
import { ReleaseRefused, verifyRelease } from '../release/verify-release.ts'
import { install, InstallRefused, type Source } from './install.ts'
import { defaultPrefix, programPath, trustFolder } from './layout.ts'
import { readSettings } from './prefix-program.ts'
import { findSystemd, ServiceFailed } from './systemd.ts'

const say = (text: string): void => void process.stdout.write(text)

/** 0: done. 1: refused, or it could not be done. Throws UsageError. */
export async function installCommand(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const flags = readFlags(words)
  const isRoot = process.getuid?.() === 0
  const prefix = resolve(flags.prefix ?? environment['SHEAF_PREFIX'] ?? defaultPrefix(isRoot))
  // What was chosen the first time stays.
  const chosen = readSettings(prefix)
  const dataFolder = resolve(flags.data ?? chosen?.dataFolder ?? dataFolderPath(environment))
  const port = portOf(flags.port ?? chosen?.port.toString() ?? environment['SHEAF_PORT'])
  const trusted = keysIn(flags.pub ?? [])
  try {
    const now = new Date()
    const source = await sourceOf(flags.iso, [...trusted, ...keysIn(globSync(join(trustFolder(prefix), '*.pub')))], now)
    const allowsDowngrade = flags['allow-downgrade'] === true
    const { version, kind } = await install({ prefix, dataFolder, port, source, trusted, allowsDowngrade, now })
    const done = { first: 'is installed', repair: 'was installed already, and is whole', replace: 'is installed' }[kind]
    say(`Sheaf ${version} ${done} in ${prefix}; its data is in ${dataFolder}.\n`)
    return await startService(prefix, isRoot, flags['no-service'] !== true)
  } catch (error) {
    if (![InstallRefused, ReleaseRefused, PayloadRefused, IsoUnreadable].some((kind) => error instanceof kind)) throw error
    process.stderr.write(`sheaf: not installed: ${(error as Error).message}\n`)
    return 1
  }
}

async function startService(prefix: string, isRoot: boolean, wantsService: boolean): Promise<number> {
  const program = programPath(prefix)
  const systemd = wantsService ? findSystemd(isRoot) : undefined
  if (systemd === undefined) {
    say(`${wantsService ? 'systemd does not run here. ' : ''}Start it in the foreground with: ${program} supervise\n`)
    return 0
  }
  const other = systemd.prefixInUse()
  if (other !== undefined && other !== prefix) {
    process.stderr.write(
      `sheaf: the service runs ${other}, and stays as it is: uninstall that first, or start this one with: ${program} supervise\n`,
    )
    return 1
  }
  try {
    await systemd.start(prefix)
    say(`The service runs, and starts with the machine. Look at it with: ${systemd.statusCommand}; use it with: ${program}\n`)
    if (!isRoot) say('It ends when you log out, unless you allow it to stay: loginctl enable-linger\n')
    return 0
  } catch (error) {
    if (!(error instanceof ServiceFailed)) throw error
    process.stderr.write(
      `sheaf: the service does not start: ${error.message}\nStart it in the foreground: ${program} supervise\n`,
    )
    return 1
  }
}

async function sourceOf(iso: string | undefined, trusted: readonly PublicKey[], now: Date): Promise<Source> {
  if (iso === undefined) return { kind: 'self' }
  if (trusted.length === 0) throw new UsageError('by whose key is it signed? sheaf install --iso FILE.iso --pub FILE.pub')
  const release = await verifyRelease(resolve(iso), { trusted })
  const { version, expires } = release.metadata
  if (expires !== undefined && Date.parse(expires) < now.getTime())
    throw new InstallRefused(`${version} expired on ${expires}; get a newer release`)
  return { kind: 'iso', path: resolve(iso), release }
}

function keysIn(paths: readonly string[]): PublicKey[] {
  return paths.map((path) => {
    if (!existsSync(path)) throw new UsageError(`there is no public key at ${path}`)
    try {
      return readPublicKey(readFileSync(path, 'utf8'))
    } catch (cause) {
      throw new UsageError(`${path} cannot be used as a public key: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  })
}

const text = { type: 'string' } as const
const boolean = { type: 'boolean' } as const

function readFlags(words: readonly string[]) {
  const options = { prefix: text, data: text, port: text, iso: text, pub: { type: 'string', multiple: true } } as const
  const switches = { 'no-service': boolean, 'allow-downgrade': boolean } as const
  try {
    return parseArgs({ args: [...words], strict: true, allowPositionals: false, options: { ...options, ...switches } }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf install --help`)
  }
}
