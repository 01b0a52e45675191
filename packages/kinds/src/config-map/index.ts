// The Kind ConfigMap: its definition says all there is; nobody reconciles it.

import { type ConfigMap, configMapDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'

export const configMapKind: Kind<ConfigMap> = { definition: configMapDefinition }
