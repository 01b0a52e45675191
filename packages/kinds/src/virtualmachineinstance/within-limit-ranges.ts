// A new instance within the limits of its namespace: it is given limits where it says none, and refused where it is too large or
// too small.

import { type LimitRangeItem, type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { parseQuantity, type QuantityText } from '@sheaf/api/meta'
import { findLimits } from '../limitrange/index.ts'
import { refuseBeyond } from '../limitrange/limit-findings.ts'
import { claimedBy } from './claimed.ts'

/** To Kubernetes an instance is a Pod with one container. */
const typesOfInstances = ['Container', 'Pod'] as const

/** Throws Forbidden. Changes the instance. */
export async function putWithinLimits(instance: VirtualMachineInstance, client: Client): Promise<void> {
  const { namespace = '', name = '', generateName = '' } = instance.metadata
  const items = await findLimits(client, namespace, typesOfInstances)
  for (const item of items) fillLimits(instance, item)
  refuseBeyond(items, claimedBy(instance), { definition: virtualMachineInstanceDefinition, name: name || generateName })
}

/** Less than it asks for is no limit to give to anybody: such a one is refused for its size, if at all. */
function fillLimits(instance: VirtualMachineInstance, item: LimitRangeItem): void {
  const { requests, limits } = claimedBy(instance)
  for (const name of ['cpu', 'memory'] as const) {
    const given = item.default?.[name]
    if (given === undefined || limits[name] !== undefined || isLess(given, requests[name])) continue
    const { domain } = instance.spec
    domain.resources = { ...domain.resources, limits: { ...domain.resources?.limits, [name]: String(given) } }
  }
}

function isLess(left: QuantityText, right: QuantityText | undefined): boolean {
  const [less, more] = [parseQuantity(left), parseQuantity(right ?? '0')]
  return less !== undefined && more !== undefined && less.nano < more.nano
}
