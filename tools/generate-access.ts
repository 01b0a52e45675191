// Writes docs/reference/access.md: what each default role may do, asked of the API server for every route that it has. Run it
// after changing a role or a route, and read what changed: node tools/generate-access.ts

import { writeFileSync } from 'node:fs'
import { type ClusterRole, type ClusterRoleBinding, rbacGroup, schemas } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { defaultClusterRoleBindings, defaultClusterRoles, namespaceRole } from '@sheaf/kinds'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom } from '@sheaf/machinery/controller'
import type { AccessAttributes, UserInfo } from '@sheaf/machinery/kind'
import { openMemoryStore } from '@sheaf/machinery/store'
import { type AccessTable, compileAccess, emptyAccess } from '../packages/kinds/src/access/access-table.ts'
import { decideAccess } from '../packages/kinds/src/access/decide-access.ts'
import { aggregatedRules } from '../packages/kinds/src/access/aggregate.ts'
import { kindsOf } from '../packages/server/src/kinds.ts'
import { kubernetesVersion } from '../packages/server/src/version.ts'

export const pageFile = new URL('../docs/reference/access.md', import.meta.url)

/** What one route asks for, and of whom it is granted. */
export interface RouteAccess {
  method: string
  path: string
  attributes: AccessAttributes
  /** Names of default roles, and `anonymous` and `anybody`. */
  allowed: ReadonlySet<string>
}

const anonymous = 'anonymous'
const anybody = 'anybody'
const broad = [anonymous, anybody, 'view', 'edit', 'admin', 'cluster-admin']
const roleNames = defaultClusterRoles.map(({ metadata }) => metadata.name ?? '')
const everybody = [anonymous, anybody, ...roleNames]

function userOf(name: string): UserInfo {
  if (name === anonymous) return { username: 'system:anonymous', groups: ['system:unauthenticated'] }
  return { username: name, groups: ['system:authenticated'] }
}

/** Default roles as a server has them after its start, and somebody of its name bound to each. */
function defaultAccess(): AccessTable {
  let clusterRoles: ClusterRole[] = [...defaultClusterRoles]
  for (const name of ['view', 'edit', 'admin'])
    clusterRoles = clusterRoles.map((role) =>
      role.metadata.name === name ? { ...role, rules: aggregatedRules(role, clusterRoles) } : role,
    )
  const bound = roleNames.map(
    (name): ClusterRoleBinding => ({
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: `test:${name}` },
      subjects: [{ kind: 'User', apiGroup: rbacGroup, name }],
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    }),
  )
  return compileAccess({ ...emptyAccess, clusterRoles, clusterRoleBindings: [...defaultClusterRoleBindings, ...bound] })
}

/** Asks a server that does nothing but say who may. */
export async function routesOf(): Promise<RouteAccess[]> {
  const table = defaultAccess()
  let answered: { allowed: boolean; attributes: AccessAttributes } | undefined
  let isOpen = true
  // No action is ever run: what they would need is not there.
  const ports = {} as unknown as Parameters<typeof kindsOf>[0]
  const document = async () => ({ status: 200, headers: {}, body: '' })
  const server = createApiServer({
    store: openMemoryStore(),
    kinds: kindsOf(ports),
    schemas,
    namespaces: namespaceRole,
    authorizer: {
      authorize(user, attributes) {
        answered = { ...decideAccess(table, user, attributes), attributes }
        return { allowed: isOpen, reason: '' }
      },
    },
    clock: createManualClock(),
    random: createSeededRandom(1),
    version: kubernetesVersion(),
    readiness: [],
    storeDescription: 'memory',
    documents: { '/metrics': document, '/.well-known/openid-configuration': document, '/openid/v1/jwks': document },
    onInternalError: (error) => {
      throw error
    },
  })
  const ask = (method: string, path: string, user: UserInfo) => server.handle({ method, path, headers: {} }, user)
  const read = async (path: string): Promise<unknown> =>
    JSON.parse(await bodyText((await ask('GET', path, userOf('reader'))).body))
  const routes = await listRoutes(read)
  isOpen = false
  const found: RouteAccess[] = []
  for (const { method, path } of routes) {
    const allowed = new Set<string>()
    for (const name of everybody) {
      answered = undefined
      const { status } = await ask(method, path, userOf(name))
      if (answered === undefined || status !== 403) throw new Error(`${method} ${path} was answered ${status} without a question`)
      if ((answered as { allowed: boolean }).allowed) allowed.add(name)
    }
    found.push({ method, path, attributes: server.attributesOf({ method, path }), allowed })
  }
  return found
}

interface Route {
  method: string
  path: string
}

/** All that OpenAPI and the list of paths name, with something in the place of what stands in braces. */
async function listRoutes(read: (path: string) => Promise<unknown>): Promise<Route[]> {
  const { paths: plain } = (await read('/')) as { paths: string[] }
  const routes: Route[] = [{ method: 'GET', path: '/' }, ...plain.map((path) => ({ method: 'GET', path }))]
  const { paths: documents } = (await read('/openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> }
  for (const { serverRelativeURL } of Object.values(documents)) {
    const { paths = {} } = (await read(serverRelativeURL)) as { paths?: Record<string, Record<string, object>> }
    for (const [template, operations] of Object.entries(paths)) {
      const path = template.replaceAll(/\{(\w+)\}/g, '$1-1')
      for (const [method, operation] of Object.entries(operations)) {
        routes.push({ method: method.toUpperCase(), path })
        if ('x-kubernetes-action' in operation && operation['x-kubernetes-action'] === 'list')
          routes.push({ method: 'GET', path: `${path}?watch=true` })
      }
    }
  }
  // OpenAPI does not tell of it: nobody but the server itself has a use for it.
  return [...routes, { method: 'PUT', path: '/api/v1/namespaces/name-1/finalize' }]
}

const verbOrder = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']

/** Rows of one table: the verbs that there are, and those of each role. */
class Rows {
  readonly #rows = new Map<string, { verbs: Set<string>; of: Map<string, Set<string>> }>()

  add(name: string, verb: string, allowed: ReadonlySet<string>): void {
    const row = this.#rows.get(name) ?? { verbs: new Set<string>(), of: new Map<string, Set<string>>() }
    this.#rows.set(name, row)
    row.verbs.add(verb)
    for (const each of allowed) row.of.set(each, (row.of.get(each) ?? new Set<string>()).add(verb))
  }

  table(head: string): string {
    const lines = [...this.#rows]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { verbs, of }]) => `| \`${name}\` | ${broad.map((each) => cell(of.get(each), verbs)).join(' | ')} |`)
    return [`| ${head} | ${broad.join(' | ')} |`, `|---|${broad.map(() => '---').join('|')}|`, ...lines].join('\n')
  }

  /** What a role gives beyond what anybody has. */
  listOf(role: string): string[] {
    return [...this.#rows]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { of, verbs }]) => {
        const own = [...(of.get(role) ?? [])].filter((verb) => !of.get(anybody)?.has(verb))
        return own.length === 0 ? [] : [`\`${name}\`: ${cell(new Set(own), verbs)}`]
      })
  }
}

function cell(allowed: ReadonlySet<string> | undefined, all: ReadonlySet<string>): string {
  if (allowed === undefined) return '–'
  if (allowed.size === all.size && all.size > 1) return '**all**'
  return [...allowed].toSorted((a, b) => verbOrder.indexOf(a) - verbOrder.indexOf(b)).join(' ')
}

/** Paths below one word are one row where they are answered alike. */
function pathName(path: string): string {
  const [, first = '', ...rest] = path.split('/')
  return rest.length === 0 ? `/${first}` : `/${first}/…`
}

export async function accessPage(): Promise<string> {
  const routes = await routesOf()
  const resources = new Map<string, Rows>()
  const paths = new Rows()
  const byPath = new Map<string, string>()
  for (const { attributes, allowed } of routes) {
    if (attributes.kind === 'path') {
      const name = pathName(attributes.path)
      const who = [...allowed].toSorted().join()
      if ((byPath.get(name) ?? who) !== who) throw new Error(`paths below ${name} are not answered alike: name them one by one`)
      byPath.set(name, who)
      paths.add(name, attributes.verb, allowed)
      continue
    }
    const { group, resource, subresource, verb } = attributes
    const rows = resources.get(group) ?? new Rows()
    resources.set(group, rows)
    rows.add(subresource === '' ? resource : `${resource}/${subresource}`, verb, allowed)
  }
  const groups = [...resources].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const others = roleNames
    .filter((name) => !broad.includes(name))
    .map((name) => {
      const lines = [
        ...groups.flatMap(([group, rows]) => rows.listOf(name).map((line) => `- ${group === '' ? 'core' : group} ${line}`)),
        ...paths.listOf(name).map((line) => `- ${line}`),
      ]
      return `### ${name}\n\n${lines.length === 0 ? 'Nothing that is served here and that not everybody has.' : lines.join('\n')}`
    })
  return [
    '<!-- Made by tools/generate-access.ts from the default roles and all routes. Do not edit. -->',
    '# Who may do what',
    'Every route of the API, and who may use it by the roles that are always there. A role is given by a binding, everywhere or in one namespace; a binding in a namespace gives nothing at cluster scope. Members of `system:masters`, such as the administrator of the data folder, may do everything.',
    '*anonymous* has shown no credential; *anybody* is somebody who is known and has no role. **all** is every verb that the route has. The rules are in [access](../spec/access.md), the ways in [let others in](../how-to/let-others-in.md).',
    '## Paths',
    paths.table('path'),
    ...groups.flatMap(([group, rows]) => [`## ${group === '' ? 'Kubernetes’ core' : group}`, rows.table('resource')]),
    '## Other default roles',
    'What each gives beyond what anybody has.',
    ...others,
  ]
    .join('\n\n')
    .concat('\n')
}

if (import.meta.main) writeFileSync(pageFile, await accessPage())
