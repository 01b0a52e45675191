// What earlier upgrades of this machine tell: how long each station took, and the newest release that was ever here.

import { type Upgrade, upgradeDefinition } from '@sheaf/api'
import { compareVersions, isVersion, type StationId } from '@sheaf/upgrade'
import { isFinished } from './names.ts'
import type { UpgradePorts } from './ports.ts'
import { historyOf, recordOf } from './record.ts'

export interface UpgradeHistory {
  upgrades: readonly Upgrade[]
  /** Milliseconds, of the stations that were ever passed. */
  durations: Readonly<Partial<Record<StationId, number>>>
  newestVersion: string
}

export async function upgradeHistory({ client, platform }: Pick<UpgradePorts, 'client' | 'platform'>): Promise<UpgradeHistory> {
  const { items } = await client.resource<Upgrade>(upgradeDefinition).list()
  const upgrades = items.toSorted(byAge)
  const records = await Promise.all(
    upgrades.filter(isFinished).map(async ({ metadata }) => recordOf(await platform.journal(metadata.uid ?? '').read())),
  )
  const succeeded = records.filter(({ finish }) => finish?.outcome === 'Succeeded')
  return {
    upgrades,
    durations: historyOf(records),
    newestVersion: newest([platform.installed().version, ...succeeded.flatMap(({ release }) => release?.version ?? [])]),
  }
}

const newest = (versions: readonly string[]): string =>
  versions
    .filter(isVersion)
    .reduce((best, each) => (!isVersion(best) || compareVersions(each, best) > 0 ? each : best), versions[0] ?? '')

/** The oldest first; of the same second, by name. */
export function byAge(a: Upgrade, b: Upgrade): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.name ?? ''}`)
  return (left ?? '') < (right ?? '') ? -1 : 1
}
