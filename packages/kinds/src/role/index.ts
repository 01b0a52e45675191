// The Kind Role: rules inside one namespace. Nobody writes one that holds more than they do.

import { type Role, roleDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { type AccessPort, confirmRole } from '../access/confirm-grant.ts'

export const roleKind = ({ access }: { access: AccessPort }): Kind<Role> => ({
  definition: roleDefinition,
  admission: { validate: (request) => confirmRole(request, roleDefinition, access) },
})
