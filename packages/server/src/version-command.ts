// `sheaf version`: of this program, and of the server on the data folder.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bodyText, createClient } from '@sheaf/api/client'
import type { Installed } from '@sheaf/kinds'
import type { VersionInfo } from '@sheaf/machinery/apiserver'
import { accessIn } from './credentials.ts'
import { dataFolderPath } from './data-folder.ts'
import { frontDoorFetch } from './front-door-fetch.ts'
import { UsageError } from './options.ts'
import { ownVersion } from './release/own-release.ts'

interface ServerVersion extends Partial<Installed> {
  url: string
  kubernetes: string
}

type Asked = { server: ServerVersion } | { trouble: string }

/** 0, also when no server answers: what this program is, is known. Throws UsageError. */
export async function versionCommand(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const output = outputIn(words)
  const client = { version: ownVersion() }
  const asked = await askServer(join(dataFolderPath(environment), 'kubeconfig'))
  const said = output === 'json' ? `${JSON.stringify({ client, ...asked }, undefined, 2)}\n` : textOf(client.version, asked)
  process.stdout.write(said)
  return 0
}

async function askServer(kubeconfig: string): Promise<Asked> {
  if (!existsSync(kubeconfig)) return { trouble: `no server has run yet: ${kubeconfig} is not there` }
  try {
    const access = accessIn(readFileSync(kubeconfig, 'utf8'))
    const client = createClient({ fetch: frontDoorFetch(access), userAgent: 'sheaf-version' })
    const read = async (path: string): Promise<unknown> => JSON.parse(await bodyText((await client.request('GET', path)).body))
    const { gitVersion } = (await read('/version')) as VersionInfo
    // A server from before this path is a server too.
    const installed = (await read('/apis/subresources.sheaf.io/v1/release').catch(() => ({}))) as Partial<Installed>
    return { server: { url: access.url, kubernetes: gitVersion, ...installed } }
  } catch (error) {
    return { trouble: `no server answers: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function textOf(version: string, asked: Asked): string {
  const rows = [['this program', version], ...('server' in asked ? rowsOf(asked.server) : [['server', asked.trouble]])]
  return rows.map(([name = '', value = '']) => `${name.padEnd(14)} ${value}\n`).join('')
}

function rowsOf({ url, kubernetes, version, supervisorVersion, previous, outcome }: ServerVersion): string[][] {
  return [
    ['server', `${version ?? 'unknown'} at ${url}, as Kubernetes ${kubernetes}`],
    ['supervisor', supervisorVersion ?? 'none: the server was started by hand'],
    ['release before', previous ?? 'none'],
    ...(outcome === undefined
      ? []
      : [['last trial', `${outcome.version} ${outcome.result}${outcome.why ? `: ${outcome.why}` : ''}`]]),
  ]
}

function outputIn(words: readonly string[]): 'text' | 'json' {
  try {
    const options = { output: { type: 'string', short: 'o', default: 'text' } } as const
    const { output } = parseArgs({ args: [...words], strict: true, allowPositionals: false, options }).values
    if (output === 'text' || output === 'json') return output
    throw new Error(`--output is text or json, not "${output}"`)
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf version --help`)
  }
}
