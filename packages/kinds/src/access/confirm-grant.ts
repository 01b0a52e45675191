// Nobody gives away what they do not hold: the admission of roles and bindings, with Kubernetes' words.

import {
  type Binding,
  type ClusterRole,
  clusterRoleDefinition,
  type PolicyRule,
  type Role,
  rbacGroup,
  roleDefinition,
} from '@sheaf/api'
import { errorsText, forbiddenError, type ResourceDefinition, sameJson, StatusError } from '@sheaf/api/meta'
import type { AdmissionRequest, UserInfo } from '@sheaf/machinery/kind'
import type { Access } from './access.ts'
import { mastersGroup, roleNotFound } from './decide-access.ts'
import { compactRules, listText, missingRules, ruleText } from './rules-cover.ts'

export type AccessPort = Pick<Access, 'authorize' | 'heldRules' | 'rulesOf'>

/** Throws Forbidden unless the user holds the rules, or may write roles beyond what they hold (the verb `escalate`). */
export async function confirmRole(
  request: AdmissionRequest<Role | ClusterRole>,
  definition: ResourceDefinition<Role> | ResourceDefinition<ClusterRole>,
  access: AccessPort,
): Promise<void> {
  const { object, oldObject, user, namespace, name } = request
  if (request.operation === 'DELETE' || mayAll(user)) return
  const rules = object.rules ?? []
  const aggregation = aggregationOf(object) ?? (oldObject && aggregationOf(oldObject))
  const isSame = oldObject !== undefined && sameJson(rules, oldObject.rules ?? [])
  if (isSame && sameJson(aggregationOf(object), aggregationOf(oldObject))) return
  const attributes = { kind: 'resource', version: 'v1', subresource: '', group: rbacGroup, namespace, name } as const
  const { allowed } = await access.authorize(user, { ...attributes, verb: 'escalate', resource: definition.plural })
  if (allowed) return
  // Whoever labels a role would fill one that aggregates: no rules of today say what it will hold.
  if (aggregation !== undefined && (await lacking(everything, user, '', access)).length > 0)
    throw forbiddenError(definition, name, 'must have cluster-admin privileges to use an aggregationRule')
  await confirmHeld({ rules, user, namespace }, access, (why) => forbiddenError(definition, name, why))
}

/** Throws Forbidden unless the user holds what the role gives, or may bind it (the verb `bind`). */
export async function confirmBinding(
  request: AdmissionRequest<Binding>,
  definition: ResourceDefinition<Binding>,
  access: AccessPort,
): Promise<void> {
  const { object, oldObject, user, namespace, name } = request
  if (request.operation === 'DELETE' || mayAll(user)) return
  const { roleRef } = object
  if (oldObject !== undefined && sameJson(oldObject.subjects ?? [], object.subjects ?? [])) return
  const { plural } = roleRef.kind === 'ClusterRole' ? clusterRoleDefinition : roleDefinition
  const role = {
    kind: 'resource',
    version: 'v1',
    subresource: '',
    group: rbacGroup,
    resource: plural,
    name: roleRef.name,
  } as const
  const { allowed } = await access.authorize(user, { ...role, verb: 'bind', namespace })
  if (allowed) return
  const rules = await access.rulesOf(roleRef, namespace)
  if (rules === undefined)
    throw new StatusError(404, 'NotFound', roleNotFound(roleRef), { name: roleRef.name, group: rbacGroup, kind: plural })
  await confirmHeld({ rules, user, namespace }, access, (why) => forbiddenError(definition, name, why))
}

const mayAll = ({ groups }: UserInfo): boolean => groups.includes(mastersGroup)

const aggregationOf = (role: Role | ClusterRole): ClusterRole['aggregationRule'] =>
  'aggregationRule' in role ? role.aggregationRule : undefined

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

async function lacking(rules: readonly PolicyRule[], user: UserInfo, namespace: string, access: AccessPort) {
  const held = await access.heldRules(user, namespace)
  return missingRules(held.rules, rules)
}

interface Gift {
  rules: readonly PolicyRule[]
  user: UserInfo
  namespace: string
}

async function confirmHeld(
  { rules, user, namespace }: Gift,
  access: AccessPort,
  refuse: (why: string) => StatusError,
): Promise<void> {
  const held = await access.heldRules(user, namespace)
  const missing = missingRules(held.rules, rules)
  if (missing.length === 0) return
  const lines = [...new Set(compactRules(missing).map(ruleText))].toSorted()
  const who = `user ${JSON.stringify(user.username)} (groups=${listText(user.groups)})`
  const trouble = held.errors.length === 0 ? '' : `; resolution errors: ${errorsText(held.errors)}`
  throw refuse(`${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${trouble}`)
}
