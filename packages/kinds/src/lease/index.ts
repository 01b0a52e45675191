// The Kind Lease: its definition says all there is; nobody reconciles it.

import { type Lease, leaseDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const leaseKind: Kind<Lease> = { definition: leaseDefinition }
