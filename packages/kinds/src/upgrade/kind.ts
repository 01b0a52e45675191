// The Kind Upgrade.

import { type Upgrade, upgradeDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { upgradeActions } from './actions.ts'
import { admitPreflight } from './admit-preflight.ts'
import { upgradeAdmission } from './admission.ts'
import type { UpgradePorts } from './ports.ts'

export function upgradeKind(ports: UpgradePorts): Kind<Upgrade> {
  return {
    definition: upgradeDefinition,
    admission: upgradeAdmission({ client: ports.client, admitPreflight: (upgrade) => admitPreflight(upgrade, ports) }),
    actions: upgradeActions(ports),
  }
}
