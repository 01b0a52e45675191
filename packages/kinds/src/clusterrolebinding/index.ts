// The Kind ClusterRoleBinding: who has which role everywhere.

import { type ClusterRoleBinding, clusterRoleBindingDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { type AccessPort, confirmBinding } from '../access/confirm-grant.ts'

export const clusterRoleBindingKind = ({ access }: { access: AccessPort }): Kind<ClusterRoleBinding> => ({
  definition: clusterRoleBindingDefinition,
  admission: { validate: (request) => confirmBinding(request, clusterRoleBindingDefinition, access) },
})
