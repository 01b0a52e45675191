// The Kind Endpoints: its definition says all there is. Those of a service with a selector are kept by the service's controller.

import { type Endpoints, endpointsDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const endpointsKind: Kind<Endpoints> = { definition: endpointsDefinition }
