// Finds the server that this command speaks to: the kubeconfig in the data folder, as the server wrote it.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import { httpsFetch } from './https-fetch.ts'

export interface Connection {
  server: URL
  authorityPem: string
  token: string
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

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
  users: [{ user: { token: string } }]
}

/** Undefined when no server has ever run on this data folder. */
export function findConnection(): Connection | undefined {
  const kubeconfig = kubeconfigPath()
  try {
    const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
    const { cluster } = clusters[0]
    const server = new URL(cluster.server)
    const authorityPem = Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8')
    const { token } = users[0].user
    const fetch = httpsFetch({ server, authorityPem, token })
    const client = createClient({ fetch, userAgent: 'sheaf', onWarning: (text) => process.stderr.write(`Warning: ${text}\n`) })
    return { server, authorityPem, token, kubeconfig, client, fetch }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandError(
      `${kubeconfig} is not as the server wrote it: ${(error as Error).message}. It is written anew at each start: sheaf up`,
    )
  }
}

export function connect(): Connection {
  const found = findConnection()
  if (found !== undefined) return found
  throw new CommandError(
    `no server has run on ${dataFolder()} yet. Start one with: sheaf up   (another data folder: SHEAF_DATA=DIR)`,
  )
}
