// What the server is told: flags first, then the environment, then defaults.

import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type FeatureGate, featureGates } from '@sheaf/kinds'
import type { RegistrySettings } from '@sheaf/qemu'
import { dataFolderPath } from './data-folder.ts'
import type { ReleasePlace } from './version-discovery/release-source.ts'

export interface ServerOptions {
  dataFolder: string
  port: number
  /** Sheaf listens on the loopback address only. */
  address: '127.0.0.1'
  accelerator: 'tcg' | 'kvm' | undefined
  registries: RegistrySettings
  /** Below them lie the files that a VirtualMachineImage may name by a file URL. */
  imageFolders: readonly string[]
  /** Where releases are looked for that this machine can be upgraded to; nowhere by default. */
  releases: ReleasePlace | undefined
  logFormat: 'text' | 'json'
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  featureGates: readonly FeatureGate[]
  /** Loads, and waits until the supervisor says that it is its turn. */
  standby: boolean
}

export class UsageError extends Error {}

const defaultPort = 6443

export function parseServerOptions(args: readonly string[], environment: NodeJS.ProcessEnv): ServerOptions {
  const values = readFlags(args)
  return {
    dataFolder: dataFolderPath(values.data === undefined ? environment : { ...environment, SHEAF_DATA: values.data }),
    port: portOf(values.port ?? environment['SHEAF_PORT']),
    address: '127.0.0.1',
    accelerator: oneOf('SHEAF_ACCEL', environment['SHEAF_ACCEL'], ['tcg', 'kvm'] as const),
    registries: {
      insecureHosts: listOf(values['insecure-registries'] ?? environment['SHEAF_INSECURE_REGISTRIES']),
      mirrors: mirrorsOf(values['registry-mirrors'] ?? environment['SHEAF_REGISTRY_MIRRORS']),
    },
    imageFolders: foldersOf(values['image-folders'] ?? environment['SHEAF_IMAGE_FOLDERS']),
    releases: releasePlaceOf(values.releases ?? environment['SHEAF_RELEASES']),
    logFormat: oneOf('--log-format', values['log-format'], ['text', 'json'] as const) ?? 'text',
    logLevel:
      oneOf('--log-level', values['log-level'] ?? environment['SHEAF_LOG'], ['debug', 'info', 'warn', 'error'] as const) ??
      'info',
    featureGates: gatesOf(environment['SHEAF_FEATURE_GATES'] ?? ''),
    standby: values.standby ?? false,
  }
}

/** `HostDisk,…`: what one name does not open, nothing does. */
function gatesOf(text: string): FeatureGate[] {
  const names = text.split(',').map((name) => name.trim())
  return names.flatMap((name) => oneOf('a feature gate in SHEAF_FEATURE_GATES', name, featureGates) ?? [])
}

const text = { type: 'string' } as const
const flags = {
  data: text,
  port: text,
  'insecure-registries': text,
  'registry-mirrors': text,
  'image-folders': text,
  releases: text,
  'log-format': text,
  'log-level': text,
  standby: { type: 'boolean' },
} as const

type Flags = { [flag in Exclude<keyof typeof flags, 'standby'>]?: string } & { standby?: boolean }

function readFlags(args: readonly string[]): Flags {
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals: false, options: flags }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf serve --help`)
  }
}

export function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return defaultPort
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new UsageError(`"${text}" is not a port: give a whole number from 0 (any free port) to 65535 with --port or SHEAF_PORT`)
}

const hostShape = /^[a-z0-9[][a-z0-9.:\]-]*$/

function listOf(given: string | undefined): string[] {
  const hosts = (given ?? '').split(',').map((each) => each.trim().toLowerCase())
  const bad = hosts.find((host) => host !== '' && !hostShape.test(host))
  if (bad === undefined) return hosts.filter((host) => host !== '')
  throw new UsageError(`"${bad}" is not a registry: give hosts as registry.example:5000 with commas between`)
}

function foldersOf(given: string | undefined): string[] {
  const folders = (given ?? '').split(',').filter((each) => each !== '')
  const relative = folders.find((folder) => !isAbsolute(folder))
  if (relative === undefined) return folders.map((folder) => resolve(folder))
  throw new UsageError(`"${relative}" is no absolute path: give the folders as /srv/images with commas between`)
}

function releasePlaceOf(given: string | undefined): ReleasePlace | undefined {
  if (given === undefined || given === '') return undefined
  if (isAbsolute(given)) return { kind: 'folder', folder: resolve(given) }
  const url = URL.parse(given)
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(
      `"${given}" is no place of releases: give a URL as https://download.example/sheaf, or a folder as /srv/releases`,
    )
  // It is shown to everybody who may look at Versions.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new UsageError('a place of releases has no password, query or fragment: files are asked for below it')
  return { kind: 'url', url: url.href.replace(/\/+$/, '') }
}

function mirrorsOf(given: string | undefined): Record<string, string[]> {
  const mirrors: Record<string, string[]> = {}
  for (const pair of (given ?? '').split(',').filter((each) => each.trim() !== '')) {
    const [registry = '', mirror = '', ...more] = pair.split('=').flatMap(listOf)
    if (registry === '' || mirror === '' || more.length > 0)
      throw new UsageError(`"${pair}" is no mirror: give pairs as docker.io=mirror.example:5000 with commas between`)
    mirrors[registry] = [...(mirrors[registry] ?? []), mirror]
  }
  return mirrors
}

function oneOf<T extends string>(what: string, text: string | undefined, allowed: readonly T[]): T | undefined {
  if (text === undefined || text === '') return undefined
  const found = allowed.find((each) => each === text)
  if (found === undefined) throw new UsageError(`${what} must be one of ${allowed.join(', ')}, not "${text}"`)
  return found
}
