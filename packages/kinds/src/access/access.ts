// Who may do what, by the roles and bindings of the API: a copy that follows them, so that no request has to list any.

import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRoleBindingDefinition,
  clusterRoleDefinition,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  roleBindingDefinition,
  roleDefinition,
} from '@sheaf/api'
import type { ApiObject, ResourceDefinition } from '@sheaf/api/meta'
import { type Informer, startInformer } from '@sheaf/machinery/controller'
import type { AccessAttributes, Decision, UserInfo } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { type AccessTable, compileAccess, emptyAccess } from './access-table.ts'
import { decideAccess, type HeldRules, heldRules, mastersGroup } from './decide-access.ts'

export interface Access {
  authorize: (user: UserInfo, attributes: AccessAttributes) => Decision | Promise<Decision>
  /** All that a user holds in a namespace, or everywhere where it is empty. */
  heldRules: (user: UserInfo, namespace: string) => Promise<HeldRules>
  /** Undefined when there is no such role. */
  rulesOf: (role: RoleRef, namespace: string) => Promise<readonly PolicyRule[] | undefined>
  /** Begins to follow. What is asked before that waits. */
  start(): void
  stop(): void
}

interface Informers {
  roles: Informer<Role>
  clusterRoles: Informer<ClusterRole>
  roleBindings: Informer<RoleBinding>
  clusterRoleBindings: Informer<ClusterRoleBinding>
}

export function createAccess({ client, clock, random, log }: Pick<Ports, 'client' | 'clock' | 'random' | 'log'>): Access {
  let informers: Informers | undefined
  let isSynced = false
  const synced = Promise.withResolvers<void>()
  /** Made again at the first question after a change. */
  let table: AccessTable | undefined = compileAccess(emptyAccess)

  function follow<T extends ApiObject>(resource: ResourceDefinition<T>): Informer<T> {
    const informer = startInformer<T>({ client, resource, clock, random, log })
    informer.onChange(() => (table = undefined))
    return informer
  }

  function current(): AccessTable {
    table ??= compileAccess({
      roles: informers?.roles.list() ?? [],
      clusterRoles: informers?.clusterRoles.list() ?? [],
      roleBindings: informers?.roleBindings.list() ?? [],
      clusterRoleBindings: informers?.clusterRoleBindings.list() ?? [],
    })
    return table
  }

  async function known(): Promise<AccessTable> {
    await synced.promise
    return current()
  }

  return {
    authorize(user, attributes) {
      if (isSynced || user.groups.includes(mastersGroup)) return decideAccess(current(), user, attributes)
      return known().then((all) => decideAccess(all, user, attributes))
    },
    heldRules: async (user, namespace) => heldRules(await known(), user, namespace),
    rulesOf: async (role, namespace) => (await known()).rulesOf(role, namespace),
    start() {
      informers = {
        roles: follow(roleDefinition),
        clusterRoles: follow(clusterRoleDefinition),
        roleBindings: follow(roleBindingDefinition),
        clusterRoleBindings: follow(clusterRoleBindingDefinition),
      }
      void Promise.all(Object.values(informers).map((informer) => informer.whenSynced())).then(() => {
        isSynced = true
        synced.resolve()
      })
    },
    stop() {
      for (const informer of Object.values(informers ?? {})) informer.stop()
    },
  }
}
