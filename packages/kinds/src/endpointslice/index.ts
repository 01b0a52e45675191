// The Kind EndpointSlice: its definition says all there is. Those of a service with a selector are kept by the service's
// controller.

import { type EndpointSlice, endpointSliceDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const endpointSliceKind: Kind<EndpointSlice> = { definition: endpointSliceDefinition }
