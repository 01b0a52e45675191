// Since when the uses are complete: what is not among them was not sent since then. Without it, "no use for thirty days"
// might only mean that nobody looked.

import { completeSinceKey, type ConfigMap, configMapDefinition, deprecatedFieldRecord } from '@sheaf/api'
import { timestamp } from '@sheaf/api/meta'
import type { Ports } from '../ports.ts'

/** `atLeast`: what is older has been forgotten. Where nothing is recorded, counting begins now. */
export async function keepRecord({ client, clock }: Pick<Ports, 'client' | 'clock'>, atLeast?: string): Promise<void> {
  const configMaps = client.resource<ConfigMap>(configMapDefinition)
  const stored = await configMaps.find(deprecatedFieldRecord)
  if (stored === undefined) {
    await configMaps.create(configMapOf(timestamp(clock)))
    return
  }
  const since = Date.parse(stored.data?.[completeSinceKey] ?? '')
  if (Number.isNaN(since)) await configMaps.update({ ...stored, data: { ...stored.data, [completeSinceKey]: timestamp(clock) } })
  else if (atLeast !== undefined && Date.parse(atLeast) > since)
    await configMaps.update({ ...stored, data: { ...stored.data, [completeSinceKey]: atLeast } })
}

function configMapOf(completeSince: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...deprecatedFieldRecord },
    data: { [completeSinceKey]: completeSince },
  }
}
