// Brings the default roles and bindings to what they must have, at every start: what is missing is added, what their owner
// added stays, and what is marked not to be updated is left alone. As Kubernetes does it.

import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRoleBindingDefinition,
  clusterRoleDefinition,
  type Subject,
} from '@sheaf/api'
import type { Client, ResourceClient } from '@sheaf/api/client'
import { type ApiObject, isAlreadyExists, isConflict, keyOf, sameJson } from '@sheaf/api/meta'
import { aggregatedRules } from './aggregate.ts'
import { autoupdateAnnotation, defaultClusterRoleBindings, defaultClusterRoles } from './default-roles.ts'
import { compactRules, missingRules } from './rules-cover.ts'

/** Another start, or an owner, may write at the same time; so many in a row would be a fight. */
const mostAttempts = 5

export async function ensureDefaultAccess(client: Client): Promise<void> {
  const roles = client.resource<ClusterRole>(clusterRoleDefinition)
  const bindings = client.resource<ClusterRoleBinding>(clusterRoleBindingDefinition)
  for (const role of defaultClusterRoles) await ensure(roles, role, (found) => mendedRole(role, found))
  // What aggregates is whole before anybody is let in, not a moment later.
  for (const name of ['view', 'edit', 'admin']) await fillAggregate(name, roles)
  for (const binding of defaultClusterRoleBindings) await ensureBinding(bindings, binding)
}

type Mend<T> = (found: T) => T | undefined

async function ensure<T extends ApiObject>(objects: ResourceClient<T>, wanted: T, mend: Mend<T>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await objects.find(keyOf(wanted))
      const mended = found === undefined ? undefined : mend(found)
      if (found === undefined) await objects.create(wanted)
      else if (mended !== undefined && isOurs(found)) await objects.update(mended)
      return
    } catch (error) {
      if (attempt === mostAttempts || !(isConflict(error) || isAlreadyExists(error))) throw error
    }
  }
}

const isOurs = ({ metadata }: ApiObject): boolean => metadata.annotations?.[autoupdateAnnotation] !== 'false'

/** Undefined when there is nothing to mend. */
export function mendedRole(wanted: ClusterRole, found: ClusterRole): ClusterRole | undefined {
  const missing = missingRules(found.rules ?? [], wanted.rules ?? [])
  const metadata = mendedMeta(wanted, found)
  const selectors = found.aggregationRule?.clusterRoleSelectors ?? []
  const absent = (wanted.aggregationRule?.clusterRoleSelectors ?? []).filter(
    (each) => !selectors.some((known) => sameJson(known, each)),
  )
  if (missing.length === 0 && absent.length === 0 && metadata === undefined) return undefined
  return {
    ...found,
    metadata: metadata ?? found.metadata,
    rules: [...(found.rules ?? []), ...compactRules(missing)],
    ...(absent.length === 0 ? {} : { aggregationRule: { clusterRoleSelectors: [...selectors, ...absent] } }),
  }
}

/** Undefined when there is nothing to mend. */
export function mendedBinding(wanted: ClusterRoleBinding, found: ClusterRoleBinding): ClusterRoleBinding | undefined {
  const subjects = found.subjects ?? []
  const isThere = (subject: Subject): boolean => subjects.some((known) => sameJson(known, subject))
  const missing = (wanted.subjects ?? []).filter((subject) => !isThere(subject))
  const metadata = mendedMeta(wanted, found)
  if (missing.length === 0 && metadata === undefined) return undefined
  return { ...found, metadata: metadata ?? found.metadata, subjects: [...subjects, ...missing] }
}

function mendedMeta(wanted: ApiObject, found: ApiObject): ApiObject['metadata'] | undefined {
  const labels = { ...found.metadata.labels, ...wanted.metadata.labels }
  const annotations = { ...wanted.metadata.annotations, ...found.metadata.annotations }
  const isSame = sameJson(labels, found.metadata.labels ?? {}) && sameJson(annotations, found.metadata.annotations ?? {})
  return isSame ? undefined : { ...found.metadata, labels, annotations }
}

async function fillAggregate(name: string, roles: ResourceClient<ClusterRole>): Promise<void> {
  const { items } = await roles.list()
  const role = items.find(({ metadata }) => metadata.name === name)
  if (role?.aggregationRule === undefined) return
  const rules = aggregatedRules(role, items)
  if (!sameJson(rules, role.rules ?? [])) await ensure(roles, role, (found) => ({ ...found, rules }))
}

/** What a binding gives cannot be changed: one that gives another role is made anew. */
async function ensureBinding(bindings: ResourceClient<ClusterRoleBinding>, wanted: ClusterRoleBinding): Promise<void> {
  const found = await bindings.find(keyOf(wanted))
  if (found !== undefined && isOurs(found) && !sameJson(found.roleRef, wanted.roleRef)) await bindings.delete(keyOf(found))
  await ensure(bindings, wanted, (current) => mendedBinding(wanted, current))
}
