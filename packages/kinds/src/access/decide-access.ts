// May this user do that? Deny is the answer to everything that no binding allows. Pure.

import type { PolicyRule, RoleRef } from '@sheaf/api'
import { errorsText } from '@sheaf/api/meta'
import type { AccessAttributes, Decision, UserInfo } from '@sheaf/machinery/kind'
import type { AccessTable, Grant } from './access-table.ts'
import { ruleAllows } from './rule-allows.ts'

/** Its members may do everything, whatever the bindings say: whoever breaks those can still mend them. */
export const mastersGroup = 'system:masters'

export function decideAccess(table: AccessTable, user: UserInfo, attributes: AccessAttributes): Decision {
  if (user.groups.includes(mastersGroup)) return { allowed: true, reason: '' }
  const grants = table.grantsOf(user, attributes.kind === 'path' ? '' : attributes.namespace)
  const grant = grants.find(({ rules = [] }) => rules.some((rule) => ruleAllows(rule, attributes)))
  if (grant !== undefined) return { allowed: true, reason: `RBAC: allowed by ${grant.told}` }
  const missing = missingRoles(grants)
  return { allowed: false, reason: missing.length === 0 ? '' : `RBAC: ${errorsText(missing)}` }
}

export interface HeldRules {
  rules: readonly PolicyRule[]
  /** What could not be found out. */
  errors: readonly string[]
}

export function heldRules(table: AccessTable, user: UserInfo, namespace: string): HeldRules {
  const grants = table.grantsOf(user, namespace)
  return { rules: grants.flatMap(({ rules = [] }) => rules), errors: missingRoles(grants) }
}

function missingRoles(grants: readonly Grant[]): string[] {
  return [...new Set(grants.filter(({ rules }) => rules === undefined).map(({ role }) => roleNotFound(role)))]
}

export const roleNotFound = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`
