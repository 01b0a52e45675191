// The Kind Secret: its definition says all there is; nobody reconciles it.

import { type Secret, secretDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const secretKind: Kind<Secret> = { definition: secretDefinition }
