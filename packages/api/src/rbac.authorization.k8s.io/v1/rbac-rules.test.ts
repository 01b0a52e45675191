import { expect, test } from 'vitest'
import { fieldErrorText } from '../../meta/field-error.ts'
import { clusterRoleDefinition, type ClusterRole } from './cluster-role.ts'
import { type ClusterRoleBinding, clusterRoleBindingDefinition } from './cluster-role-binding.ts'
import type { PolicyRule } from './policy-rule.ts'
import { roleDefinition } from './role.ts'
import { type RoleBinding, roleBindingDefinition } from './role-binding.ts'

const metadata = { name: 'a' }
const role = (...rules: PolicyRule[]) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules })
const pods: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }

function complaintsAbout(rule: PolicyRule, definition: typeof roleDefinition | typeof clusterRoleDefinition): string[] {
  return (definition.validate?.(role(rule), undefined) ?? []).map(fieldErrorText)
}

test.each([
  [pods, []],
  [{ ...pods, verbs: [] }, ['rules[0].verbs: Required value: verbs must contain at least one value']],
  [{ ...pods, apiGroups: [] }, ['rules[0].apiGroups: Required value: resource rules must supply at least one api group']],
  [
    { verbs: ['get'] },
    [
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    { ...pods, nonResourceURLs: ['/x'] },
    [
      'rules[0].nonResourceURLs: Invalid value: []interface {}{"/x"}: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ],
] as [PolicyRule, string[]][])('AC1 what is wrong with a rule is said in Kubernetes words: %j', (rule, complaints) => {
  expect(complaintsAbout(rule, clusterRoleDefinition)).toEqual(complaints)
})

test('AC1 only a ClusterRole may be about paths', () => {
  const rule = { verbs: ['get'], nonResourceURLs: ['/metrics'] }
  expect(complaintsAbout(rule, clusterRoleDefinition)).toEqual([])
  expect(complaintsAbout(rule, roleDefinition)).toEqual([
    'rules[0].nonResourceURLs: Invalid value: []interface {}{"/metrics"}: namespaced rules cannot apply to non-resource URLs',
  ])
})

test('AC3 a role that is put together from others says from which', () => {
  const validate = (aggregationRule: ClusterRole['aggregationRule']): string[] =>
    (clusterRoleDefinition.validate?.({ ...role(), aggregationRule } as ClusterRole, undefined) ?? []).map(fieldErrorText)
  expect(validate({ clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] })).toEqual([])
  expect(validate({})).toEqual([
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ])
  expect(validate({ clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'Like' }] }] })).toEqual([
    expect.stringContaining('aggregationRule.clusterRoleSelectors[0]: Invalid value'),
  ])
})

const apiGroup = 'rbac.authorization.k8s.io'
const binding = (more: Partial<RoleBinding> = {}): RoleBinding => ({
  apiVersion: `${apiGroup}/v1`,
  kind: 'RoleBinding',
  metadata,
  subjects: [{ kind: 'User', name: 'anna', apiGroup }],
  roleRef: { kind: 'ClusterRole', name: 'view', apiGroup },
  ...more,
})

const refusals = (object: RoleBinding, old?: RoleBinding): string[] =>
  (roleBindingDefinition.validate?.(object, old) ?? []).map(fieldErrorText)

test.each([
  [{}, []],
  [{ subjects: [] }, []],
  [
    { roleRef: { kind: 'Rolle', name: '', apiGroup: 'x' } },
    [
      'roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
      'roleRef.kind: Unsupported value: "Rolle": supported values: "Role", "ClusterRole"',
      'roleRef.name: Required value',
    ],
  ],
  [{ roleRef: { kind: 'Role', name: 'a/b', apiGroup } }, [`roleRef.name: Invalid value: "a/b": may not contain '/'`]],
  [
    { subjects: [{ kind: 'Robot', name: 'r' }] },
    ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
  ],
  [{ subjects: [{ kind: 'User', name: '', apiGroup }] }, ['subjects[0].name: Required value']],
  [
    { subjects: [{ kind: 'ServiceAccount', name: 'a', apiGroup, namespace: 'b' }] },
    ['subjects[0].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""'],
  ],
  [
    { subjects: [{ kind: 'ServiceAccount', name: 'A B' }] },
    [expect.stringContaining('subjects[0].name: Invalid value: "A B": a lowercase RFC 1123')],
  ],
])('AC2 what is wrong with a binding is said in Kubernetes words: %j', (more, complaints) => {
  expect(refusals(binding(more))).toEqual(complaints)
})

test('AC2 what a binding gives cannot be changed', () => {
  expect(refusals(binding({ roleRef: { kind: 'ClusterRole', name: 'edit', apiGroup } }), binding())).toEqual([
    'roleRef: Invalid value: map[string]interface {}{"apiGroup":"rbac.authorization.k8s.io", "kind":"ClusterRole", "name":"edit"}: cannot change roleRef',
  ])
  expect(refusals(binding({ subjects: [] }), binding())).toEqual([])
})

test('AC2 a ClusterRoleBinding gives ClusterRoles alone, and says where its accounts live', () => {
  const object: ClusterRoleBinding = binding({
    roleRef: { kind: 'Role', name: 'a', apiGroup },
    subjects: [{ kind: 'ServiceAccount', name: 'robot' }],
  })
  expect((clusterRoleBindingDefinition.validate?.(object, undefined) ?? []).map(fieldErrorText)).toEqual([
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    'subjects[0].namespace: Required value',
  ])
})

test('AC2 the group of roles and of people may be left out', () => {
  const object = binding({
    roleRef: { kind: 'Role', name: 'a' } as RoleBinding['roleRef'],
    subjects: [
      { kind: 'Group', name: 'g' },
      { kind: 'ServiceAccount', name: 's' },
    ],
  })
  roleBindingDefinition.applyDefaults?.(object)
  expect(object.roleRef.apiGroup).toBe(apiGroup)
  expect(object.subjects?.map((subject) => subject.apiGroup)).toEqual([apiGroup, undefined])
})
