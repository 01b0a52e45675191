// The Kind LimitRange. What it limits asks `findLimits` before it is made.

import { type LimitRange, type LimitRangeItem, limitRangeDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import type { Kind } from '@sheaf/machinery/kind'

export const limitRangeKind: Kind<LimitRange> = { definition: limitRangeDefinition }

/** What limits things of these types in a namespace. */
export async function findLimits(client: Client, namespace: string, types: readonly string[]): Promise<LimitRangeItem[]> {
  const { items } = await client.resource<LimitRange>(limitRangeDefinition).list({ namespace })
  return items.flatMap(({ spec }) => (spec?.limits ?? []).filter(({ type }) => types.includes(type)))
}
