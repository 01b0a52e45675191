// The Kind NetworkAttachmentDefinition: kept as data. Whoever names one is told by the instance that it is not attached here.

import { type NetworkAttachmentDefinition, networkAttachmentDefinitionDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const networkAttachmentDefinitionKind: Kind<NetworkAttachmentDefinition> = {
  definition: networkAttachmentDefinitionDefinition,
}
