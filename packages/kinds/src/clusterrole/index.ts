// The Kind ClusterRole, and the controller that fills those that are put together from others.

import { type ClusterRole, clusterRoleDefinition } from '@sheaf/api'
import { keyOf } from '@sheaf/api/meta'
import { type Controller, mappedObjects, startController, startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { type AccessPort, confirmRole } from '../access/confirm-grant.ts'
import type { Ports } from '../ports.ts'
import { reconcileClusterRole } from './reconciler.ts'

export const clusterRoleKind = ({ access }: { access: AccessPort }): Kind<ClusterRole> => ({
  definition: clusterRoleDefinition,
  admission: { validate: (request) => confirmRole(request, clusterRoleDefinition, access) },
})

/** Roles change when an administrator wants it. */
const workers = 1

export function startClusterRoleController(ports: Ports): Controller {
  const { client, clock, random, log } = ports
  const roles = startInformer<ClusterRole>({ client, resource: clusterRoleDefinition, clock, random, log })
  // Any change may concern all that aggregate: by the labels of before and of after.
  const aggregates = (): ReturnType<typeof keyOf>[] =>
    roles
      .list()
      .filter((role) => role.aggregationRule !== undefined)
      .map(keyOf)
  return startController({
    name: 'clusterrole',
    reconcile: (key) => reconcileClusterRole(key, roles.list(), client),
    sources: [mappedObjects(roles, aggregates)],
    workers,
    owns: [roles],
    clock,
    random,
    log,
  })
}
