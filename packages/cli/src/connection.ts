// Finds the server that this command speaks to: the one on the data folder, by the kubeconfig that it wrote there; for some
// commands any other, by any kubeconfig.

import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import { Option } from 'commander'
import { httpsFetch } from './https-fetch.ts'
import { type Access, accessOf, KubeconfigUnusable } from './kubeconfig.ts'

export interface Connection {
  server: URL
  access: Access
  /** The files that it was found in. */
  kubeconfig: string
  client: Client
  fetch: Fetch
}

/** What the person can mend: printed without a stack. */
export class CommandError extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export function dataFolder(): string {
  const named = process.env['SHEAF_DATA']
  return named ? resolve(named) : join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'sheaf')
}

export const kubeconfigPath = (): string => join(dataFolder(), 'kubeconfig')

/** Undefined when no server has ever run on this data folder. */
export function findConnection(): Connection | undefined {
  const kubeconfig = kubeconfigPath()
  try {
    return connectionTo([kubeconfig], {})
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandError(
      `${kubeconfig} is not as the server wrote it: ${(error as Error).message}. It is written anew at each start: sheaf up`,
    )
  }
}

function connectionTo(paths: readonly string[], { context, server }: Pick<ClusterOptions, 'context' | 'server'>): Connection {
  const read = (path: string): string => readFileSync(path, 'utf8')
  const files = paths.map((path) => ({ path, text: read(path) }))
  const named = accessOf(files, context, read)
  const access = server === undefined ? named : { ...named, server }
  const fetch = httpsFetch(access)
  const client = createClient({ fetch, userAgent: 'sheaf', onWarning: (text) => process.stderr.write(`Warning: ${text}\n`) })
  return { server: access.server, access, kubeconfig: paths.join(delimiter), client, fetch }
}

export function connect(): Connection {
  const found = findConnection()
  if (found !== undefined) return found
  throw new CommandError(
    `no server has run on ${dataFolder()} yet. Start one with: sheaf up   (another data folder: SHEAF_DATA=DIR)`,
  )
}

/** Of commands that work on any cluster, not on Sheaf's own alone. */
export interface ClusterOptions {
  kubeconfig?: string
  context?: string
  /** Instead of the kubeconfig's address. */
  server?: URL
}

export const clusterOptions = (): Option[] => [
  new Option('--kubeconfig <file>', 'the cluster to speak to (KUBECONFIG; default: the server on this data folder)'),
  new Option('--context <name>', 'a context of the kubeconfig (default: the current one)'),
]

/** As kubectl chooses, but for the last resort: that is Sheaf's own server. */
export function connectTo({ kubeconfig, context, server }: ClusterOptions): Connection {
  const listed = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  if (kubeconfig === undefined && listed.length === 0 && context === undefined) return connect()
  const paths = kubeconfig === undefined ? listed.filter((path) => existsSync(path)) : [kubeconfig]
  if (listed.length > 0 && paths.length === 0)
    throw new CommandError(`KUBECONFIG names no file that exists: ${listed.join(', ')}`, 2)
  const chosen = (paths.length === 0 ? [kubeconfigPath()] : paths).map((path) => resolve(path))
  try {
    return connectionTo(chosen, { ...(context === undefined ? {} : { context }), ...(server === undefined ? {} : { server }) })
  } catch (error) {
    if (error instanceof KubeconfigUnusable)
      throw new CommandError(`${chosen.join(delimiter)} leads to no server: ${error.message}`, 2)
    throw new CommandError(`the kubeconfig cannot be read: ${(error as Error).message}`, 2)
  }
}
