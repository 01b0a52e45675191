// The Kind UpgradeLog: the log of one upgrade. Made by the controller of upgrades, for an upgrade that there is.

import { harvesterSystemNamespace, type Upgrade, type UpgradeLog, upgradeDefinition, upgradeLogDefinition } from '@sheaf/api'
import { forbiddenError } from '@sheaf/api/meta'
import type { AdmissionRequest, Kind } from '@sheaf/machinery/kind'
import { isController } from '../controller-user.ts'
import { deniedRequest } from '../harvester-denial.ts'
import type { Ports } from '../ports.ts'

export function upgradeLogKind(ports: Pick<Ports, 'client'>): Kind<UpgradeLog> {
  return {
    definition: upgradeLogDefinition,
    admission: {
      async validate(request) {
        if (request.operation === 'CREATE') await admitNew(request, ports)
      },
    },
  }
}

async function admitNew(request: AdmissionRequest<UpgradeLog>, { client }: Pick<Ports, 'client'>): Promise<void> {
  const { object, namespace, name, user } = request
  const { upgradeName } = object.spec
  if (upgradeName === '') throw deniedRequest('upgradeName field is not specified')
  if (namespace !== harvesterSystemNamespace)
    throw deniedRequest(`UpgradeLog must be created in namespace ${harvesterSystemNamespace}`)
  if (!isController(user)) {
    const why = 'the log of an upgrade is made by the upgrade itself: create the Upgrade with spec.logEnabled'
    throw forbiddenError(upgradeLogDefinition, name, why)
  }
  const upgrade = await client.resource<Upgrade>(upgradeDefinition).find({ namespace, name: upgradeName })
  if (upgrade === undefined) throw deniedRequest(`referenced upgrade ${upgradeName} not found in namespace ${namespace}`)
  const { items } = await client.resource<UpgradeLog>(upgradeLogDefinition).list({ namespace })
  const other = items.find((each) => each.spec.upgradeName === upgradeName && each.metadata.name !== name)
  if (other !== undefined) throw deniedRequest(`upgradelog ${other.metadata.name} already exists for upgrade ${upgradeName}`)
}
