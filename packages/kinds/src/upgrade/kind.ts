// The Kind Upgrade.

import { type Upgrade, upgradeDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { type UpgradeAdmissionPorts, upgradeAdmission } from './admission.ts'

export function upgradeKind(ports: UpgradeAdmissionPorts): Kind<Upgrade> {
  return { definition: upgradeDefinition, admission: upgradeAdmission(ports) }
}
