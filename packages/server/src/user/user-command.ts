// `sheaf user`: lets people in, each with a certificate of their own, and shuts them out again. It needs the data folder,
// where the key lies that signs certificates, and a server that runs on it, which keeps who may come.

import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type Binding,
  clusterRoleBindingDefinition,
  type RoleBinding,
  rbacGroup,
  roleBindingDefinition,
  type User,
  userDefinition,
} from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import { apiVersionOf, isAlreadyExists, isNotFound } from '@sheaf/api/meta'
import { readAccessKeys } from '../authentication/access-keys.ts'
import { serialNumberOf } from '../authentication/client-certificate.ts'
import { accessIn, kubeconfigOf, writePrivately } from '../credentials.ts'
import { frontDoorFetch } from '../front-door-fetch.ts'
import { parseUserOptions, type UserOptions } from './user-options.ts'

/** What the person can mend. */
export class UserRefused extends Error {}

type Of<V extends UserOptions['verb']> = Extract<UserOptions, { verb: V }>

const say = (text: string): void => void process.stdout.write(`${text}\n`)
/** Where the output is the kubeconfig, nothing else may stand in it. */
const sayBeside = (out: string, text: string): void => (out === '-' ? void process.stderr.write(`${text}\n`) : say(text))

export async function userCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const options = parseUserOptions(args, environment)
  const server = serverOn(options.dataFolder)
  switch (options.verb) {
    case 'add':
      await add(options, server)
      return 0
    case 'rotate':
      await rotate(options, server)
      return 0
    case 'revoke':
      await revoke(options, server)
      return 0
    case 'list':
      await list(options, server)
      return 0
  }
}

interface Server {
  client: Client
  url: string
  authorityPem: string
}

function serverOn(dataFolder: string): Server {
  const kubeconfig = join(dataFolder, 'kubeconfig')
  if (!existsSync(kubeconfig))
    throw new UserRefused(`no server has run on ${dataFolder} yet. Start one with: sheaf up   (another data folder: --data DIR)`)
  const access = accessIn(readFileSync(kubeconfig, 'utf8'))
  return { client: createClient({ fetch: frontDoorFetch(access), userAgent: 'sheaf-user' }), ...access }
}

const usersOf = ({ client }: Server) => client.resource<User>(userDefinition)
const keyOfName = (name: string) => ({ namespace: '', name })

async function add(options: Of<'add'>, server: Server): Promise<void> {
  const { name, groups, out } = options
  if (out !== '-' && existsSync(out)) throw new UserRefused(`${out} is there already. Name another file with --out`)
  const issued = await issue({ ...options, groups })
  const metadata = { name }
  let user: User
  try {
    user = await usersOf(server).create({ apiVersion: apiVersionOf(userDefinition), kind: 'User', metadata, spec: issued.spec })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    throw new UserRefused(`${name} is let in already. For a new certificate: sheaf user rotate ${name}`)
  }
  const given = options.role === undefined ? undefined : await bind(user, options.role, options.namespace, server)
  write(options, server, issued, options.namespace)
  sayBeside(out, `${name} is let in until ${issued.spec.notAfter}${given === undefined ? '' : `, with the role ${given}`}.`)
  if (given === undefined)
    sayBeside(
      out,
      `${name} has no role yet. Give one: kubectl create clusterrolebinding ${name} --clusterrole=view --user=${name}`,
    )
}

async function rotate(options: Of<'rotate'>, server: Server): Promise<void> {
  const user = await found(options.name, server)
  const issued = await issue({ ...options, groups: user.spec.groups ?? [] })
  await usersOf(server).update({ ...user, spec: issued.spec })
  write(options, server, issued, undefined)
  sayBeside(
    options.out,
    `${options.name} has a new certificate until ${issued.spec.notAfter}; the one before is refused from now on.`,
  )
}

/** What it was given goes with the User, which owns it. */
async function revoke({ name }: Of<'revoke'>, server: Server): Promise<void> {
  try {
    await usersOf(server).delete(keyOfName(name))
  } catch (error) {
    if (isNotFound(error)) throw nobody(name)
    throw error
  }
  say(`${name} is shut out: the certificate is refused from now on.`)
}

async function list({ output }: Of<'list'>, server: Server): Promise<void> {
  const { items } = await usersOf(server).list()
  const bindings = await bindingsOf(server)
  const rows = items.map(({ metadata: { name = '' }, spec }) => ({
    name,
    groups: spec.groups ?? [],
    ends: spec.notAfter ?? '',
    roles: bindings
      .filter(({ subjects = [] }) => subjects.some((each) => each.kind === 'User' && each.name === name))
      .map(roleText),
  }))
  if (output === 'json') return say(JSON.stringify(rows, undefined, 2))
  if (rows.length === 0) return say('Nobody but the administrator is let in. For somebody: sheaf user add NAME --role edit')
  const cells = [
    ['NAME', 'GROUPS', 'ENDS', 'ROLES'],
    ...rows.map(({ name, groups, ends, roles }) => [name, groups.join(',') || '-', ends, roles.join(', ') || '-']),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  for (const row of cells)
    say(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

async function bindingsOf({ client }: Server): Promise<Binding[]> {
  const everywhere = await client.resource<Binding>(clusterRoleBindingDefinition).list()
  const inNamespaces = await client.resource<Binding>(roleBindingDefinition).list()
  return [...everywhere.items, ...inNamespaces.items]
}

const roleText = ({ roleRef, metadata: { namespace } }: Binding): string =>
  namespace === undefined ? roleRef.name : `${roleRef.name} in ${namespace}`

async function found(name: string, server: Server): Promise<User> {
  const user = await usersOf(server).find(keyOfName(name))
  if (user === undefined) throw nobody(name)
  return user
}

const nobody = (name: string): UserRefused => new UserRefused(`nobody is let in as ${name}. Who is: sheaf user list`)

interface Issued {
  certificatePem: string
  keyPem: string
  spec: User['spec']
}

async function issue(person: (Of<'rotate'> & { groups: readonly string[] }) | Of<'add'>): Promise<Issued> {
  const { clientAuthority } = readAccessKeys(join(person.dataFolder, 'credentials'))
  const { issueClientCertificate } = await import('../authentication/client-authority.ts')
  const issued = await issueClientCertificate(clientAuthority, person, new Date())
  const certificate = new X509Certificate(issued.certificatePem)
  const notAfter = new Date(certificate.validTo).toISOString().replace(/\.\d+Z$/, 'Z')
  const groups = person.groups.length === 0 ? {} : { groups: [...person.groups] }
  return { ...issued, spec: { serialNumber: serialNumberOf(certificate), ...groups, notAfter } }
}

/** The User owns the binding: with the one the other goes. */
async function bind({ apiVersion, kind, metadata }: User, role: string, namespace: string | undefined, { client }: Server) {
  const { name = '', uid = '' } = metadata
  const definition = namespace === undefined ? clusterRoleBindingDefinition : roleBindingDefinition
  const binding: RoleBinding = {
    apiVersion: apiVersionOf(definition),
    kind: definition.kind,
    metadata: {
      name: `user:${name}`,
      ...(namespace === undefined ? {} : { namespace }),
      ownerReferences: [{ apiVersion, kind, name, uid }],
    },
    subjects: [{ kind: 'User', apiGroup: rbacGroup, name }],
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
  }
  await client.resource<RoleBinding>(definition).create(binding)
  return namespace === undefined ? `${role} everywhere` : `${role} in ${namespace}`
}

function write(
  { name, out, server: url }: Of<'add'> | Of<'rotate'>,
  server: Server,
  { certificatePem, keyPem }: Issued,
  namespace = 'default',
): void {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const user = { 'client-certificate-data': base64(certificatePem), 'client-key-data': base64(keyPem) }
  const { authorityPem } = server
  const text = kubeconfigOf({ server: url ?? server.url, authorityPem, name, user, namespace })
  if (out === '-') return void process.stdout.write(text)
  writePrivately([resolve(out), text])
  say(`Give ${name} this file, by a way that nobody else reads: ${resolve(out)}`)
}
