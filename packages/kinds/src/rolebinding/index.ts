// The Kind RoleBinding: who has which role in one namespace.

import { type RoleBinding, roleBindingDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { type AccessPort, confirmBinding } from '../access/confirm-grant.ts'

export const roleBindingKind = ({ access }: { access: AccessPort }): Kind<RoleBinding> => ({
  definition: roleBindingDefinition,
  admission: { validate: (request) => confirmBinding(request, roleBindingDefinition, access) },
})
