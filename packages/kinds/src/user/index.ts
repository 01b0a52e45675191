// The Kind User: which certificate of a person is taken. Whoever may write one says who may come in.

import { type User, userDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const userKind: Kind<User> = { definition: userDefinition }
