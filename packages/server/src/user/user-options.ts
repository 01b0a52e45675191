// What sheaf user is told.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dataFolderPath } from '../data-folder.ts'
import { UsageError } from '../options.ts'

export const userRoles = ['view', 'edit', 'admin', 'cluster-admin'] as const
export type UserRole = (typeof userRoles)[number]

interface Where {
  dataFolder: string
}

interface Named extends Where {
  name: string
}

interface Written {
  /** Where the kubeconfig goes; `-` is the output. */
  out: string
  days: number
  /** Undefined: as the server is reached on this machine. */
  server: string | undefined
}

export type UserOptions =
  | (Named & Written & { verb: 'add'; groups: readonly string[]; role: UserRole | undefined; namespace: string | undefined })
  | (Named & Written & { verb: 'rotate' })
  | (Named & { verb: 'revoke' })
  | (Where & { verb: 'list'; output: 'text' | 'json' })

/** A year, as kubeadm's. */
const usualDays = 365
/** The authority is renewed before it could end sooner than what it signs. */
const mostDays = 400

const text = { type: 'string' } as const
const shared = { data: text } as const
const written = { ...shared, out: text, days: text, server: text } as const

export function parseUserOptions(args: readonly string[], environment: NodeJS.ProcessEnv): UserOptions {
  const [verb, ...rest] = args
  switch (verb) {
    case 'add': {
      const options = { ...written, group: { type: 'string', multiple: true }, role: text, namespace: text } as const
      const { values, positionals } = read(() => parseArgs({ args: rest, allowPositionals: true, options }))
      const role = roleOf(values.role)
      if (role === undefined && values.namespace !== undefined)
        throw new UsageError('--namespace says where a role holds: give the role too, as --role edit')
      if (role === 'cluster-admin' && values.namespace !== undefined)
        throw new UsageError('cluster-admin holds everywhere: for one namespace give --role admin')
      const name = nameIn(positionals)
      const groups = (values.group ?? []).map((each) => checkedName('group', each))
      const { namespace } = values
      return { verb, ...whereIn(values, environment), name, ...writtenIn(values, name), groups, role, namespace }
    }
    case 'rotate': {
      const { values, positionals } = read(() => parseArgs({ args: rest, allowPositionals: true, options: written }))
      const name = nameIn(positionals)
      return { verb, ...whereIn(values, environment), name, ...writtenIn(values, name) }
    }
    case 'revoke': {
      const { values, positionals } = read(() => parseArgs({ args: rest, allowPositionals: true, options: shared }))
      return { verb, ...whereIn(values, environment), name: nameIn(positionals) }
    }
    case 'list': {
      const options = { ...shared, output: { type: 'string', short: 'o', default: 'text' } } as const
      const { values } = read(() => parseArgs({ args: rest, options }))
      const { output } = values
      if (output !== 'text' && output !== 'json') throw new UsageError(`--output is text or json, not "${output}"`)
      return { verb, ...whereIn(values, environment), output }
    }
    default:
      throw new UsageError(`sheaf user can add, rotate, revoke and list, not "${verb ?? ''}"\nSee: sheaf user --help`)
  }
}

function read<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf user --help`)
  }
}

function whereIn({ data }: { data?: string }, environment: NodeJS.ProcessEnv): Where {
  return { dataFolder: dataFolderPath(data === undefined ? environment : { ...environment, SHEAF_DATA: data }) }
}

function nameIn(positionals: readonly string[]): string {
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) throw new UsageError('give one name, as: sheaf user add anna')
  return checkedName('user', name)
}

/** What stands in a certificate, a path and a file name without being quoted in any of them. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/

function checkedName(what: string, name: string): string {
  if (namePattern.test(name)) return name
  throw new UsageError(
    `"${name}" cannot name a ${what}: up to 63 letters, digits, and . _ @ - after the first; names that begin with system: are the platform's own`,
  )
}

function roleOf(given: string | undefined): UserRole | undefined {
  if (given === undefined) return undefined
  const role = userRoles.find((each) => each === given)
  if (role === undefined)
    throw new UsageError(`--role is one of ${userRoles.join(', ')}, not "${given}"; any other is bound with kubectl`)
  return role
}

function writtenIn(values: { out?: string; days?: string; server?: string }, name: string): Written {
  const { out = join(process.cwd(), `${name}.kubeconfig`), server } = values
  if (server !== undefined && (!URL.canParse(server) || new URL(server).protocol !== 'https:'))
    throw new UsageError(`"${server}" is no server: give its URL, as https://192.168.1.10:6443`)
  return { out, days: daysOf(values.days), server }
}

function daysOf(given: string | undefined): number {
  if (given === undefined) return usualDays
  const days = Number(given)
  if (Number.isInteger(days) && days >= 1 && days <= mostDays) return days
  throw new UsageError(`--days is a whole number from 1 to ${mostDays}, not "${given}"`)
}
