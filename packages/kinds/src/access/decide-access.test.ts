import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '@sheaf/api'
import type { AccessAttributes, UserInfo } from '@sheaf/machinery/kind'
import { describe, expect, test } from 'vitest'
import { compileAccess, emptyAccess } from './access-table.ts'
import { decideAccess, heldRules } from './decide-access.ts'
import { ruleAllows } from './rule-allows.ts'

const asked = (more: Partial<Extract<AccessAttributes, { kind: 'resource' }>> = {}): AccessAttributes => ({
  kind: 'resource',
  verb: 'get',
  group: 'x.io',
  version: 'v1',
  resource: 'cars',
  subresource: '',
  namespace: 'shop',
  name: 'bee',
  ...more,
})
const rule = (more: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs: ['get'],
  apiGroups: ['x.io'],
  resources: ['cars'],
  ...more,
})

describe('one rule', () => {
  test.each([
    [{}, {}, true],
    [{ verbs: ['*'] }, { verb: 'honk' }, true],
    [{}, { verb: 'list' }, false],
    [{}, { verb: '' }, false],
    [{ apiGroups: ['*'] }, { group: '' }, true],
    [{}, { group: '' }, false],
    [{ resources: ['*'] }, { resource: 'bikes', subresource: 'start' }, true],
    [{}, { subresource: 'start' }, false],
    [{ resources: ['cars/start'] }, { subresource: 'start' }, true],
    [{ resources: ['cars/start'] }, {}, false],
    [{ resources: ['*/start'] }, { subresource: 'start' }, true],
    [{ resources: ['*/start'] }, { subresource: 'stop' }, false],
    [{ resources: ['cars/evacuate/cancel'] }, { subresource: 'evacuate/cancel' }, true],
    [{ resources: ['cars/evacuate'] }, { subresource: 'evacuate/cancel' }, false],
    [{ resourceNames: ['bee'] }, {}, true],
    [{ resourceNames: ['wasp'] }, {}, false],
    [{ resourceNames: [] }, {}, true],
    [{ verbs: ['create'], resourceNames: ['bee'] }, { verb: 'create', name: '' }, false],
    [{ apiGroups: [] }, {}, false],
  ] as [Partial<PolicyRule>, object, boolean][])('AC10 %j, asked %j: %s', (more, question, expected) => {
    expect(ruleAllows(rule(more), asked(question))).toBe(expected)
  })

  test.each([
    [['/metrics'], '/metrics', true],
    [['/metrics'], '/metrics/slis', false],
    [['/apis/*'], '/apis/x.io', true],
    [['/apis/*'], '/apis', false],
    [['*'], '/anything', true],
    [[], '/metrics', false],
  ])('AC10 paths %j, asked %s: %s', (nonResourceURLs, path, expected) => {
    expect(ruleAllows({ verbs: ['get'], nonResourceURLs }, { kind: 'path', verb: 'get', path })).toBe(expected)
    expect(ruleAllows({ verbs: ['get'], nonResourceURLs }, { kind: 'path', verb: 'post', path })).toBe(false)
  })

  test('AC10 a rule about resources says nothing about paths, and the other way round', () => {
    const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }
    expect(ruleAllows(everything, { kind: 'path', verb: 'get', path: '/' })).toBe(false)
    expect(ruleAllows({ verbs: ['*'], nonResourceURLs: ['*'] }, asked())).toBe(false)
  })
})

const meta = (name: string, namespace?: string) => ({ metadata: { name, ...(namespace === undefined ? {} : { namespace }) } })
const apiVersion = 'rbac.authorization.k8s.io/v1'
const apiGroup = 'rbac.authorization.k8s.io'
const clusterRole = (name: string, ...rules: PolicyRule[]): ClusterRole => ({
  apiVersion,
  kind: 'ClusterRole',
  ...meta(name),
  rules,
})
const role = (name: string, ...rules: PolicyRule[]): Role => ({ apiVersion, kind: 'Role', ...meta(name, 'shop'), rules })
const clusterBinding = (name: string, roleName: string, ...subjects: Subject[]): ClusterRoleBinding => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  ...meta(name),
  subjects,
  roleRef: { apiGroup, kind: 'ClusterRole', name: roleName },
})
const binding = (name: string, kind: string, roleName: string, ...subjects: Subject[]): RoleBinding => ({
  apiVersion,
  kind: 'RoleBinding',
  ...meta(name, 'shop'),
  subjects,
  roleRef: { apiGroup, kind, name: roleName },
})
const person = (name: string): Subject => ({ kind: 'User', apiGroup, name })
const group = (name: string): Subject => ({ kind: 'Group', apiGroup, name })
const account = (name: string, namespace?: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  ...(namespace ? { namespace } : {}),
})
const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups })

const table = compileAccess({
  clusterRoles: [clusterRole('driver', rule()), clusterRole('reader', { verbs: ['get'], nonResourceURLs: ['/metrics'] })],
  roles: [role('mechanic', rule({ verbs: ['update'] }))],
  clusterRoleBindings: [
    clusterBinding('drivers', 'driver', person('anna'), group('drivers')),
    clusterBinding('robots', 'driver', account('robot', 'shop')),
    clusterBinding('readers', 'reader', group('drivers')),
    clusterBinding('lost', 'nobody', person('lost')),
  ],
  roleBindings: [
    binding('local', 'ClusterRole', 'driver', person('bob'), account('local')),
    binding('mechanics', 'Role', 'mechanic', person('bob')),
    binding('lost', 'Role', 'gone', person('lost')),
    binding('pathfinder', 'ClusterRole', 'reader', person('bob')),
  ],
})
const isAllowed = (who: UserInfo, what: AccessAttributes): boolean => decideAccess(table, who, what).allowed

test('AC11 a ClusterRoleBinding holds everywhere, a RoleBinding in its namespace alone', () => {
  for (const namespace of ['shop', 'yard', '']) expect(isAllowed(user('anna'), asked({ namespace }))).toBe(true)
  expect(isAllowed(user('bob'), asked())).toBe(true)
  expect(isAllowed(user('bob'), asked({ namespace: 'yard' }))).toBe(false)
  expect(isAllowed(user('bob'), asked({ namespace: '' }))).toBe(false)
  expect(isAllowed(user('bob'), asked({ verb: 'update' }))).toBe(true)
  expect(isAllowed(user('bob'), asked({ verb: 'update', namespace: 'yard' }))).toBe(false)
})

test('AC11 paths are of no namespace: only a ClusterRoleBinding opens them', () => {
  const what: AccessAttributes = { kind: 'path', verb: 'get', path: '/metrics' }
  expect(isAllowed(user('carl', 'drivers'), what)).toBe(true)
  expect(isAllowed(user('bob'), what)).toBe(false)
})

test('AC11 subjects are users, groups and accounts, and none is taken for another', () => {
  expect(isAllowed(user('carl', 'drivers'), asked())).toBe(true)
  expect(isAllowed(user('drivers'), asked())).toBe(false)
  expect(isAllowed(user('carl', 'anna'), asked())).toBe(false)
  expect(isAllowed(user('system:serviceaccount:shop:robot'), asked({ namespace: 'yard' }))).toBe(true)
  expect(isAllowed(user('system:serviceaccount:yard:robot'), asked())).toBe(false)
  expect(isAllowed(user('robot'), asked())).toBe(false)
  expect(isAllowed(user('system:serviceaccount:shop:local'), asked())).toBe(true)
})

test('AC11 deny is the answer where no binding allows it', () => {
  expect(decideAccess(table, user('nobody'), asked())).toEqual({ allowed: false, reason: '' })
  expect(decideAccess(compileAccess(emptyAccess), user('anna'), asked())).toEqual({ allowed: false, reason: '' })
})

test('AC12 a member of system:masters may do everything, whatever is bound', () => {
  const masters = user('anybody', 'system:masters')
  const nothing = compileAccess(emptyAccess)
  expect(decideAccess(nothing, masters, asked({ verb: 'escalate' }))).toEqual({ allowed: true, reason: '' })
  expect(decideAccess(nothing, masters, { kind: 'path', verb: 'get', path: '/metrics' }).allowed).toBe(true)
})

test.each([
  [user('anna'), 'RBAC: allowed by ClusterRoleBinding "drivers" of ClusterRole "driver" to User "anna"'],
  [user('carl', 'drivers'), 'RBAC: allowed by ClusterRoleBinding "drivers" of ClusterRole "driver" to Group "drivers"'],
  [user('bob'), 'RBAC: allowed by RoleBinding "local/shop" of ClusterRole "driver" to User "bob"'],
  [
    user('system:serviceaccount:shop:robot'),
    'RBAC: allowed by ClusterRoleBinding "robots" of ClusterRole "driver" to ServiceAccount "robot/shop"',
  ],
])('AC13 why it is allowed is told in Kubernetes words: %j', (who, reason) => {
  expect(decideAccess(table, who, asked())).toEqual({ allowed: true, reason })
})

test('AC13 a role that is not there is told, and holds nothing', () => {
  const cluster = 'clusterrole.rbac.authorization.k8s.io "nobody" not found'
  const inNamespace = 'role.rbac.authorization.k8s.io "gone" not found'
  expect(decideAccess(table, user('lost'), asked({ namespace: '' })).reason).toBe(`RBAC: ${cluster}`)
  expect(decideAccess(table, user('lost'), asked()).reason).toBe(`RBAC: [${cluster}, ${inNamespace}]`)
  expect(heldRules(table, user('lost'), 'shop')).toEqual({ rules: [], errors: [cluster, inNamespace] })
})

test('AC21 what somebody holds are the rules of all that is bound to them', () => {
  expect(heldRules(table, user('bob'), 'shop').rules).toHaveLength(3)
  expect(heldRules(table, user('bob'), 'yard').rules).toEqual([])
  expect(heldRules(table, user('anna'), 'yard').rules).toEqual([rule()])
})
