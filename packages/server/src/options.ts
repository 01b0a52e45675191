// What the server is told: flags first, then the environment, then defaults.

import { parseArgs } from 'node:util'
import { type FeatureGate, featureGates } from '@sheaf/kinds'
import { dataFolderPath } from './data-folder.ts'

export interface ServerOptions {
  dataFolder: string
  port: number
  /** Sheaf listens on the loopback address only. */
  address: '127.0.0.1'
  accelerator: 'tcg' | 'kvm' | undefined
  logFormat: 'text' | 'json'
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  featureGates: readonly FeatureGate[]
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
    logFormat: oneOf('--log-format', values['log-format'], ['text', 'json'] as const) ?? 'text',
    logLevel:
      oneOf('--log-level', values['log-level'] ?? environment['SHEAF_LOG'], ['debug', 'info', 'warn', 'error'] as const) ??
      'info',
    featureGates: gatesOf(environment['SHEAF_FEATURE_GATES'] ?? ''),
  }
}

/** `HostDisk,…`: what one name does not open, nothing does. */
function gatesOf(text: string): FeatureGate[] {
  const names = text.split(',').map((name) => name.trim())
  return names.flatMap((name) => oneOf('a feature gate in SHEAF_FEATURE_GATES', name, featureGates) ?? [])
}

function readFlags(args: readonly string[]): { data?: string; port?: string; 'log-format'?: string; 'log-level'?: string } {
  const text = { type: 'string' } as const
  try {
    const options = { data: text, port: text, 'log-format': text, 'log-level': text }
    return parseArgs({ args: [...args], strict: true, allowPositionals: false, options }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf serve --help`)
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return defaultPort
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new UsageError(`"${text}" is not a port: give a whole number from 0 (any free port) to 65535 with --port or SHEAF_PORT`)
}

function oneOf<T extends string>(what: string, text: string | undefined, allowed: readonly T[]): T | undefined {
  if (text === undefined || text === '') return undefined
  const found = allowed.find((each) => each === text)
  if (found === undefined) throw new UsageError(`${what} must be one of ${allowed.join(', ')}, not "${text}"`)
  return found
}
