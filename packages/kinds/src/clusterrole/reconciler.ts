import { type ClusterRole, clusterRoleDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isConflict, isNotFound, type ObjectKey, sameJson } from '@sheaf/api/meta'
import { done, type Result } from '@sheaf/machinery/controller'
import { aggregatedRules } from '../access/aggregate.ts'

export async function reconcileClusterRole(key: ObjectKey, all: readonly ClusterRole[], client: Client): Promise<Result> {
  const role = all.find(({ metadata }) => metadata.name === key.name)
  if (role?.aggregationRule === undefined) return done
  const rules = aggregatedRules(role, all)
  if (sameJson(rules, role.rules ?? [])) return done
  try {
    await client.resource<ClusterRole>(clusterRoleDefinition).update({ ...role, rules })
  } catch (error) {
    // Gone, or changed: its next state brings the key again.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
  return done
}
