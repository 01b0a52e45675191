// Asks a server who sends what, and looks through what it stores.

import {
  completeSinceKey,
  type ConfigMap,
  configMapDefinition,
  type DeprecatedFieldUse,
  deprecatedFieldRecord,
  deprecatedFieldUseDefinition,
  findDeprecations,
} from '@sheaf/api'
import { type Client, walkStored } from '@sheaf/api/client'
import type { Duration } from './duration.ts'
import type { DeprecationsReport } from './report.ts'
import { servedResources } from './served-resources.ts'
import { isRemovable, verdictOf } from './verdict.ts'

export interface Question {
  server: string
  unusedFor: Duration
  /** All, when absent. */
  rule?: string | undefined
  nowMs: number
}

export async function findOut(client: Client, { server, unusedFor, rule, nowMs }: Question): Promise<DeprecationsReport> {
  const served = await servedResources(client, deprecatedFieldUseDefinition.group)
  const rules = served.rules.filter((each) => isRemovable(each) && (rule === undefined || each.id === rule))
  const uses = served.counts ? await allUses(client) : []
  const completeSince = served.counts ? await since(client) : undefined
  const { kept, unreadable } = await walkStored(client, served.resources, {}, findDeprecations)
  const why =
    unreadable.length === 0 ? undefined : `${unreadable.map(({ resource }) => resource.plural).join(', ')} could not be looked at`
  return {
    server,
    completeSince,
    unusedFor,
    unreadable,
    rules: rules.map((each) => {
      const own = uses.filter((use) => use.rule === each.id)
      const stored = kept.filter((found) => found.rule.id === each.id)
      const evidence = { uses: own, stored: stored.length, completeSince, unreadable: why }
      return { rule: each, uses: own, stored, verdict: verdictOf(evidence, unusedFor.ms, nowMs) }
    }),
  }
}

async function allUses(client: Client): Promise<DeprecatedFieldUse[]> {
  const { items } = await client.resource<DeprecatedFieldUse>(deprecatedFieldUseDefinition).list()
  return items.toSorted((one, other) => Date.parse(other.lastSeen) - Date.parse(one.lastSeen))
}

async function since(client: Client): Promise<string | undefined> {
  const record = await client.resource<ConfigMap>(configMapDefinition).find(deprecatedFieldRecord)
  const text = record?.data?.[completeSinceKey]
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : text
}
