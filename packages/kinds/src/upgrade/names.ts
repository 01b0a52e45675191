// How an upgrade's things are called and marked, beside what its clients read and write. Pure.

import { type Upgrade, upgradeDefinition, upgradeLabels } from '@sheaf/api'
import { apiVersionOf, type OwnerReference } from '@sheaf/api/meta'

/** Without it a deleted upgrade would leave behind what it had begun. */
export const upgradeFinalizer = 'sheaf.io/upgrade'

export const repoMachineName = (upgrade: string): string => `upgrade-repo-${upgrade}`
export const upgradeLogName = (upgrade: string): string => `${upgrade}-upgradelog`
export const reportName = (upgrade: string): string => `${upgrade}-report`

export const componentLabels = (upgrade: string, component: string): Record<string, string> => ({
  [upgradeLabels.upgrade]: upgrade,
  [upgradeLabels.component]: component,
})

export function ownedBy({ metadata }: Upgrade): OwnerReference {
  return {
    apiVersion: apiVersionOf(upgradeDefinition),
    kind: upgradeDefinition.kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
  }
}

export const isFinished = ({ metadata }: Upgrade): boolean =>
  ['Succeeded', 'Failed'].includes(metadata.labels?.[upgradeLabels.state] ?? '')
