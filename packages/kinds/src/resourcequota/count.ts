// What is there, counted: for the status of a quota, and before anybody is refused because of an older count.

import type { ResourceQuota } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { type ApiObject, parseQuantity, type Quantity } from '@sheaf/api/meta'
import { isManageable, type ServedResources } from '../served-resource.ts'
import { added, type Amounts, amountsOf, computeNames, countName, isInstances } from './usage.ts'

export interface CountPorts {
  client: Client
  resources: ServedResources
}

const zero: Quantity = { nano: 0n, format: 'DecimalSI' }

/** Of everything that the quota limits and that can be counted here. */
export async function countUsed({ metadata, spec }: ResourceQuota, { client, resources }: CountPorts): Promise<Amounts> {
  const limited = new Set(Object.keys(spec?.hard ?? {}))
  const used = new Map<string, Quantity>()
  for (const resource of resources.served()) {
    if (!isManageable(resource)) continue
    const names = namesOf(resource).filter((name) => limited.has(name))
    if (names.length === 0) continue
    for (const name of names) used.set(name, zero)
    const { items } = await client.resource<ApiObject>(resource).list({ namespace: metadata.namespace ?? '' })
    for (const object of items)
      for (const [name, amount] of amountsOf(resource, object))
        if (limited.has(name)) used.set(name, added(used.get(name), amount))
  }
  return used
}

function namesOf(resource: { group: string; plural: string }): string[] {
  const own = [countName(resource), ...(resource.group === '' ? [resource.plural] : [])]
  if (resource.group === '' && resource.plural === 'services') own.push('services.loadbalancers', 'services.nodeports')
  if (resource.group === '' && resource.plural === 'persistentvolumeclaims') own.push('requests.storage')
  return isInstances(resource) ? [...own, ...computeNames] : own
}

export function hardOf({ spec }: ResourceQuota): Amounts {
  return new Map(
    Object.entries(spec?.hard ?? {}).flatMap(([name, text]) => {
      const quantity = parseQuantity(text)
      return quantity === undefined ? [] : [[name, quantity]]
    }),
  )
}
