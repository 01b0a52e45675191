// What the server is told: flags first, then the environment, then defaults.

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dnsSubdomainFinding } from '@sheaf/api/meta'
import { type FeatureGate, featureGates } from '@sheaf/kinds'
import type { RegistrySettings } from '@sheaf/qemu'
import type { OidcSettings } from './authentication/oidc.ts'
import { dataFolderPath } from './data-folder.ts'
import type { ReleasePlace } from './version-discovery/release-source.ts'

export interface ServerOptions {
  dataFolder: string
  port: number
  /** Where the API listens: this machine's loopback, unless the administrator has opened it to others. */
  address: string
  /** Further names under which clients reach it, for its certificate. */
  hostNames: readonly string[]
  /** An identity provider whose tokens are taken. */
  oidc: OidcSettings | undefined
  /** Whether requests are written down in the data folder. */
  isAudited: boolean
  /** On which address of this machine the ports of services are open: the loopback address, unless somebody decides otherwise. */
  serviceAddress: string
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
    address: addressOf(
      values.address ?? environment['SHEAF_ADDRESS'],
      values['allow-remote'] ?? isYes('SHEAF_ALLOW_REMOTE', environment['SHEAF_ALLOW_REMOTE']),
    ),
    hostNames: hostNamesOf(values['host-names'] ?? environment['SHEAF_HOST_NAMES']),
    oidc: oidcOf(values),
    isAudited: oneOf('--audit-log', values['audit-log'] ?? environment['SHEAF_AUDIT_LOG'], ['on', 'off'] as const) !== 'off',
    serviceAddress: serviceAddressOf(values['service-address'] ?? environment['SHEAF_SERVICE_ADDRESS']),
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
  'service-address': text,
  releases: text,
  'log-format': text,
  'log-level': text,
  standby: { type: 'boolean' },
  address: text,
  'allow-remote': { type: 'boolean' },
  'host-names': text,
  'audit-log': text,
  'oidc-issuer-url': text,
  'oidc-client-id': text,
  'oidc-username-claim': text,
  'oidc-username-prefix': text,
  'oidc-groups-claim': text,
  'oidc-groups-prefix': text,
  'oidc-required-claim': { type: 'string', multiple: true },
  'oidc-ca-file': text,
} as const

type BooleanFlag = 'standby' | 'allow-remote'
type ListFlag = 'oidc-required-claim'
type Flags = { [flag in Exclude<keyof typeof flags, BooleanFlag | ListFlag>]?: string } & { [flag in BooleanFlag]?: boolean } & {
  [flag in ListFlag]?: string[]
}

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

export const isLoopback = (address: string): boolean => loopback.test(address)
const loopback = /^(127\.\d+\.\d+\.\d+|::1)$/

/** Beyond loopback is a decision of its own: whoever can reach the port can try its lock. */
function addressOf(text = '', allowsRemote: boolean): string {
  const address = text === '' ? '127.0.0.1' : text
  if (isIP(address) === 0)
    throw new UsageError(`"${address}" is no address: give one of this machine, such as 192.168.1.10, or 0.0.0.0 for all of them`)
  if (allowsRemote || isLoopback(address)) return address
  throw new UsageError(
    `${address} can be reached by other machines. Say --allow-remote as well (SHEAF_ALLOW_REMOTE=yes) if that is what you want, or leave the address away to listen on 127.0.0.1 alone`,
  )
}

function isYes(what: string, text: string | undefined): boolean {
  return oneOf(what, text, ['yes', 'no'] as const) === 'yes'
}

function hostNamesOf(given = ''): string[] {
  const names = given.split(',').map((each) => each.trim().toLowerCase())
  const bad = names.find((name) => name !== '' && dnsSubdomainFinding(name) !== undefined && isIP(name) === 0)
  if (bad === undefined) return names.filter((name) => name !== '')
  throw new UsageError(`"${bad}" is no host name: give names as sheaf.example.org with commas between`)
}

function oidcOf(values: Flags): OidcSettings | undefined {
  const issuerUrl = values['oidc-issuer-url'] ?? ''
  if (issuerUrl === '') {
    const [other] = Object.keys(values).filter((flag) => flag.startsWith('oidc-'))
    if (other !== undefined) throw new UsageError(`--${other} needs --oidc-issuer-url: it says whose tokens are meant`)
    return undefined
  }
  if (!URL.canParse(issuerUrl) || new URL(issuerUrl).protocol !== 'https:')
    throw new UsageError(`"${issuerUrl}" is no issuer: give its URL, which begins with https://`)
  const clientId = values['oidc-client-id'] ?? ''
  if (clientId === '') throw new UsageError('--oidc-issuer-url needs --oidc-client-id: tokens for other programs are not taken')
  const usernameClaim = values['oidc-username-claim'] ?? 'sub'
  return {
    issuerUrl,
    clientId,
    usernameClaim,
    usernamePrefix: prefixOf(values['oidc-username-prefix'], usernameClaim === 'email' ? '' : `${issuerUrl}#`),
    groupsClaim: values['oidc-groups-claim'],
    groupsPrefix: values['oidc-groups-prefix'] ?? '',
    requiredClaims: claimsOf(values['oidc-required-claim'] ?? []),
    authorityPem: values['oidc-ca-file'] === undefined ? undefined : fileText('--oidc-ca-file', values['oidc-ca-file']),
  }
}

/** As kube-apiserver: names are told apart by their issuer unless `-` says that they need not be. */
function prefixOf(given: string | undefined, usual: string): string {
  return given === '-' ? '' : (given ?? usual)
}

function claimsOf(pairs: readonly string[]): Record<string, string> {
  const claims = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=')
    if (at < 1) throw new UsageError(`"${pair}" is no claim: give it as name=value`)
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return Object.fromEntries(claims)
}

function fileText(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function serviceAddressOf(given: string | undefined): string {
  if (given === undefined || given === '') return '127.0.0.1'
  if (isIP(given) !== 0) return given
  throw new UsageError(
    `"${given}" is no address: give one of this machine's with --service-address or SHEAF_SERVICE_ADDRESS, or 0.0.0.0 for all of them`,
  )
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
