// All roles and bindings in a form in which the question of one request is quickly answered. Pure.

import {
  type Binding,
  type ClusterRole,
  type ClusterRoleBinding,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  type Subject,
  serviceAccountUsername,
} from '@sheaf/api'
import type { UserInfo } from '@sheaf/machinery/kind'

export interface AccessObjects {
  roles: readonly Role[]
  clusterRoles: readonly ClusterRole[]
  roleBindings: readonly RoleBinding[]
  clusterRoleBindings: readonly ClusterRoleBinding[]
}

/** What one binding gives to one subject. */
export interface Grant {
  /** Undefined: the role is not there. */
  rules: readonly PolicyRule[] | undefined
  /** `ClusterRoleBinding "a" of ClusterRole "b" to User "c"` */
  told: string
  role: RoleRef
}

export interface AccessTable {
  /** Of the whole cluster, and of the namespace where one is asked about. */
  grantsOf(user: UserInfo, namespace: string): Grant[]
  /** Undefined when there is no such role. */
  rulesOf(role: RoleRef, namespace: string): readonly PolicyRule[] | undefined
}

export const emptyAccess: AccessObjects = { roles: [], clusterRoles: [], roleBindings: [], clusterRoleBindings: [] }

export function compileAccess(objects: AccessObjects): AccessTable {
  const clusterRoles = new Map(objects.clusterRoles.map((role) => [role.metadata.name, role.rules ?? []]))
  const roles = new Map(objects.roles.map(({ metadata, rules }) => [`${metadata.namespace}/${metadata.name}`, rules ?? []]))
  const rulesOf: AccessTable['rulesOf'] = ({ kind, name }, namespace) =>
    kind === 'ClusterRole' ? clusterRoles.get(name) : roles.get(`${namespace}/${name}`)

  /** By namespace (empty: everywhere), then by subject. */
  const grants = new Map<string, Map<string, Grant[]>>()
  function give(binding: Binding, kind: string): void {
    const { namespace = '', name = '' } = binding.metadata
    const bindingName = JSON.stringify(namespace === '' ? name : `${name}/${namespace}`)
    const { roleRef } = binding
    const rules = rulesOf(roleRef, namespace)
    const here = grants.get(namespace) ?? new Map<string, Grant[]>()
    grants.set(namespace, here)
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace)
      const told = `${kind} ${bindingName} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subjectText(subject, namespace)}`
      here.set(key, [...(here.get(key) ?? []), { rules, told, role: roleRef }])
    }
  }
  for (const binding of objects.clusterRoleBindings) give(binding, 'ClusterRoleBinding')
  for (const binding of objects.roleBindings) give(binding, 'RoleBinding')

  return {
    rulesOf,
    grantsOf({ username, groups }, namespace) {
      const keys = [userKey(username), ...groups.map(groupKey)]
      const places = namespace === '' ? [''] : ['', namespace]
      return places.flatMap((place) => keys.flatMap((key) => grants.get(place)?.get(key) ?? []))
    },
  }
}

const userKey = (name: string): string => `user ${name}`
const groupKey = (name: string): string => `group ${name}`

/** A ServiceAccount is a user with a long name. */
function subjectKey({ kind, name, namespace }: Subject, own: string): string {
  if (kind === 'Group') return groupKey(name)
  return userKey(kind === 'ServiceAccount' ? serviceAccountUsername(namespace || own, name) : name)
}

function subjectText({ kind, name, namespace }: Subject, own: string): string {
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace || own}` : name)}`
}
