import {
  type ClusterRole,
  type ClusterRoleBinding,
  type ConfigMap,
  clusterRoleBindingDefinition,
  clusterRoleDefinition,
  configMapDefinition,
  type PolicyRule,
  type Role,
  type RoleBinding,
  rbacGroup,
  roleBindingDefinition,
  roleDefinition,
  type Subject,
} from '@sheaf/api'
import { keyOf, sameJson } from '@sheaf/api/meta'
import type { Controller } from '@sheaf/machinery/controller'
import { afterEach, describe, expect, test } from 'vitest'
import { startClusterRoleController } from '../clusterrole/index.ts'
import { type AccessWorld, startAccessWorld } from './access.fixture.ts'
import { autoupdateAnnotation, defaultClusterRoleBindings, defaultClusterRoles } from './default-roles.ts'
import { ensureDefaultAccess } from './ensure-default-access.ts'

const apiVersion = `${rbacGroup}/v1`
const maps: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }
const anna: Subject = { kind: 'User', apiGroup: rbacGroup, name: 'anna' }
const clusterRole = (name: string, ...rules: PolicyRule[]): ClusterRole => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
})
const role = (name: string, ...rules: PolicyRule[]): Role => ({
  apiVersion,
  kind: 'Role',
  metadata: { name, namespace: 'default' },
  rules,
})
const binding = (name: string, roleName: string, kind = 'ClusterRole', subjects = [anna]): RoleBinding => ({
  apiVersion,
  kind: 'RoleBinding',
  metadata: { name, namespace: 'default' },
  subjects,
  roleRef: { apiGroup: rbacGroup, kind, name: roleName },
})
const everywhere = (name: string, roleName: string): ClusterRoleBinding => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  subjects: [anna],
  roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: roleName },
})

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function world(): Promise<AccessWorld> {
  const made = await startAccessWorld()
  ends.push(() => made.access.stop())
  return made
}

const isRefused = { code: 403, reason: 'Forbidden' }

describe('a change of roles and bindings', () => {
  test('AC16 counts for the requests that come after it', async () => {
    const { client, person, until } = await world()
    const list = () => person('anna').resource<ConfigMap>(configMapDefinition).list({ namespace: 'default' })
    const isLetIn = () =>
      list().then(
        () => true,
        () => false,
      )
    await expect(list()).rejects.toMatchObject({
      ...isRefused,
      message:
        'configmaps is forbidden: User "anna" cannot list resource "configmaps" in API group "" in the namespace "default"',
    })
    await client.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('reader', maps))
    const given = await client.resource<RoleBinding>(roleBindingDefinition).create(binding('b', 'reader'))
    await until(isLetIn)
    await client.resource<ClusterRole>(clusterRoleDefinition).update(clusterRole('reader'))
    await until(async () => !(await isLetIn()))
    await client.resource<ClusterRole>(clusterRoleDefinition).update(clusterRole('reader', maps))
    await until(isLetIn)
    await client.resource<RoleBinding>(roleBindingDefinition).delete(keyOf(given))
    await until(async () => !(await isLetIn()))
  })
})

/** Anna holds `maps`, and may write everything about access. */
async function annaWrites(): Promise<AccessWorld> {
  const made = await world()
  const writes = { verbs: ['create', 'update', 'patch', 'delete', 'get'], apiGroups: [rbacGroup], resources: ['*'] }
  await made.client.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('writer', writes, maps))
  await made.client.resource<ClusterRoleBinding>(clusterRoleBindingDefinition).create(everywhere('writers', 'writer'))
  await made.until(async () => (await made.access.heldRules({ username: 'anna', groups: [] }, '')).rules.length > 0)
  return made
}

describe('nobody gives away what they do not hold', () => {
  const secrets: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] }
  const attempt =
    'user "anna" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'

  test('AC4 by a role', async () => {
    const { person } = await annaWrites()
    const client = person('anna', 'dev')
    await client.resource<Role>(roleDefinition).create(role('mine', maps))
    await expect(client.resource<Role>(roleDefinition).create(role('more', maps, secrets))).rejects.toMatchObject({
      ...isRefused,
      message: `roles.rbac.authorization.k8s.io "more" is forbidden: ${attempt}`,
    })
    await expect(client.resource<Role>(roleDefinition).update(role('mine', maps, secrets))).rejects.toMatchObject(isRefused)
    await client
      .resource<Role>(roleDefinition)
      .patch({ namespace: 'default', name: 'mine' }, { metadata: { labels: { a: 'b' } } })
    await expect(client.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('more', secrets))).rejects.toMatchObject({
      message: `clusterroles.rbac.authorization.k8s.io "more" is forbidden: ${attempt}`,
    })
  })

  test('AC4 by a binding', async () => {
    const { client: admin, person } = await annaWrites()
    await admin.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('secretary', secrets))
    await admin.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('reader', maps))
    const client = person('anna', 'dev')
    const bindings = client.resource<RoleBinding>(roleBindingDefinition)
    await bindings.create(binding('mine', 'reader'))
    await expect(bindings.create(binding('more', 'secretary'))).rejects.toMatchObject({
      ...isRefused,
      message: `rolebindings.rbac.authorization.k8s.io "more" is forbidden: ${attempt}`,
    })
    await expect(bindings.create(binding('lost', 'nowhere'))).rejects.toMatchObject({
      code: 404,
      message: 'clusterrole.rbac.authorization.k8s.io "nowhere" not found',
    })
    await expect(
      client.resource<ClusterRoleBinding>(clusterRoleBindingDefinition).create(everywhere('more', 'secretary')),
    ).rejects.toMatchObject({ message: `clusterrolebindings.rbac.authorization.k8s.io "more" is forbidden: ${attempt}` })
  })

  test('AC4 unless they may bind that role, or write roles beyond what they hold', async () => {
    const { client: admin, person, until, access } = await annaWrites()
    await admin.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('secretary', secrets))
    const beyond: PolicyRule[] = [
      { verbs: ['bind'], apiGroups: [rbacGroup], resources: ['clusterroles'], resourceNames: ['secretary'] },
      { verbs: ['escalate'], apiGroups: [rbacGroup], resources: ['roles'] },
    ]
    await admin.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('beyond', ...beyond))
    await admin.resource<ClusterRoleBinding>(clusterRoleBindingDefinition).create(everywhere('beyond', 'beyond'))
    await until(async () => (await access.heldRules({ username: 'anna', groups: [] }, '')).rules.length === 4)
    const client = person('anna')
    await client.resource<RoleBinding>(roleBindingDefinition).create(binding('given', 'secretary'))
    await client.resource<Role>(roleDefinition).create(role('more', secrets))
    await expect(client.resource<ClusterRole>(clusterRoleDefinition).create(clusterRole('more', secrets))).rejects.toMatchObject(
      isRefused,
    )
  })

  test('AC4 nor makes a role that fills itself', async () => {
    const { person } = await annaWrites()
    const filled = { ...clusterRole('filled'), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }
    await expect(person('anna').resource<ClusterRole>(clusterRoleDefinition).create(filled)).rejects.toMatchObject({
      ...isRefused,
      message:
        'clusterroles.rbac.authorization.k8s.io "filled" is forbidden: must have cluster-admin privileges to use an aggregationRule',
    })
  })
})

describe('default roles', () => {
  const roleNames = defaultClusterRoles.map(({ metadata: { name = '' } }) => name).toSorted()

  test('AC5 are there after a start, those that are put together from others whole, and a second start writes nothing', async () => {
    const { client, writes } = await world()
    await ensureDefaultAccess(client)
    const roles = await client.resource<ClusterRole>(clusterRoleDefinition).list()
    expect(roles.items.map(({ metadata }) => metadata.name)).toEqual(roleNames)
    const rulesOf = (name: string) => roles.items.find(({ metadata }) => metadata.name === name)?.rules ?? []
    for (const [name, among] of [
      ['view', 'edit'],
      ['edit', 'admin'],
    ] as const) {
      expect(rulesOf(name).length).toBeGreaterThan(10)
      for (const each of rulesOf(name)) expect(rulesOf(among).some((rule) => sameJson(rule, each))).toBe(true)
    }
    const before = writes.length
    await ensureDefaultAccess(client)
    expect(writes.slice(before)).toEqual([])
  })

  test('AC5 are mended at a start: what is missing is added, what was added stays, what is marked is left alone', async () => {
    const { client } = await world()
    await ensureDefaultAccess(client)
    const roles = client.resource<ClusterRole>(clusterRoleDefinition)
    const bindings = client.resource<ClusterRoleBinding>(clusterRoleBindingDefinition)
    const own: PolicyRule = { verbs: ['get'], apiGroups: ['mine.io'], resources: ['things'] }
    const monitoring = await roles.get({ namespace: '', name: 'system:monitoring' })
    await roles.update({ ...monitoring, rules: [own] })
    const marked = await roles.get({ namespace: '', name: 'kubevirt.io:migrate' })
    const annotations = { ...marked.metadata.annotations, [autoupdateAnnotation]: 'false' }
    await roles.update({ ...marked, rules: [], metadata: { ...marked.metadata, annotations } })
    const discovery = await bindings.get({ namespace: '', name: 'system:discovery' })
    await bindings.update({ ...discovery, subjects: [anna] })
    await bindings.delete({ namespace: '', name: 'system:basic-user' })
    await bindings.create(everywhere('system:basic-user', 'cluster-admin'))
    await ensureDefaultAccess(client)
    expect((await roles.get({ namespace: '', name: 'system:monitoring' })).rules).toEqual([
      own,
      ...['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'].map((path) => ({
        verbs: ['get'],
        nonResourceURLs: [path],
      })),
    ])
    expect((await roles.get({ namespace: '', name: 'kubevirt.io:migrate' })).rules ?? []).toEqual([])
    const authenticated = { kind: 'Group', apiGroup: rbacGroup, name: 'system:authenticated' }
    expect((await bindings.get({ namespace: '', name: 'system:discovery' })).subjects).toEqual([anna, authenticated])
    const mended = await bindings.get({ namespace: '', name: 'system:basic-user' })
    expect([mended.roleRef.name, mended.subjects]).toEqual(['system:basic-user', [authenticated]])
  })

  test('AC3 a role with the label of another becomes a part of it, and leaves it again', async () => {
    const api = await world()
    await ensureDefaultAccess(api.client)
    const controller: Controller = startClusterRoleController(api)
    ends.push(() => controller.stop())
    const roles = api.client.resource<ClusterRole>(clusterRoleDefinition)
    const rule: PolicyRule = { verbs: ['get'], apiGroups: ['mine.io'], resources: ['things'] }
    const holds = async (name: string) =>
      ((await roles.get({ namespace: '', name })).rules ?? []).some((each) => sameJson(each, rule))
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
    await roles.create({ ...clusterRole('mine:view', rule), metadata: { name: 'mine:view', labels } })
    // By the way of view into edit, and from there into admin.
    await api.until(async () => holds('admin'))
    expect(await holds('view')).toBe(true)
    await roles.delete({ namespace: '', name: 'mine:view' })
    await api.until(async () => !(await holds('admin')))
    expect(await holds('view')).toBe(false)
  })

  test('DU10 /metrics is for those who may', async () => {
    const { client, access } = await world()
    await ensureDefaultAccess(client)
    const metrics = { kind: 'path', verb: 'get', path: '/metrics' } as const
    const may = async (...groups: string[]) => (await access.authorize({ username: 'a', groups }, metrics)).allowed
    expect(await may('system:unauthenticated')).toBe(false)
    expect(await may('system:authenticated')).toBe(false)
    expect(await may('system:masters')).toBe(true)
    await expect.poll(() => may('system:monitoring')).toBe(true)
  })

  test('AC5 every default binding gives a default role', () => {
    for (const { roleRef } of defaultClusterRoleBindings) expect(roleNames).toContain(roleRef.name)
  })
})
