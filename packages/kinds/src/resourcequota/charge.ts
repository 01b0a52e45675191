// Whether there is room for what is about to be made, and that it is taken. Called by one at a time in a namespace.

import { type ResourceQuota, resourceQuotaDefinition } from '@sheaf/api'
import { forbiddenError, formatQuantity, keyOf, type Quantity, type ResourceDefinition } from '@sheaf/api/meta'
import type { AdmissionRequest } from '@sheaf/machinery/kind'
import { type CountPorts, countUsed, hardOf } from './count.ts'
import { added, type Amounts, amountsOf, amountsText, computeNames, growthOf, isInstances } from './usage.ts'

export interface Charged {
  definition: ResourceDefinition
  request: AdmissionRequest
}

/** Throws Forbidden; then nothing is charged anywhere. */
export async function charge(charged: Charged, quotas: readonly ResourceQuota[], ports: CountPorts): Promise<void> {
  const { object, oldObject } = charged.request
  const takes = oldObject === undefined ? amountsOf(charged.definition, object) : growthOf(charged.definition, oldObject, object)
  if (takes.size === 0) return
  const resource = ports.client.resource<ResourceQuota>(resourceQuotaDefinition)
  const current = await Promise.all(quotas.map((quota) => resource.find(keyOf(quota))))
  const due: { quota: ResourceQuota; used: Amounts }[] = []
  for (const quota of current) {
    const used = quota && (await usedWith(quota, takes, charged, ports))
    if (quota !== undefined && used !== undefined) due.push({ quota, used })
  }
  if (charged.request.dryRun) return
  for (const { quota, used } of due) await tellUsed(quota, used, ports)
}

/** As an observation, not a condition: whoever changed the quota meanwhile has it counted anew. */
export async function tellUsed({ metadata, ...quota }: ResourceQuota, used: Amounts, { client }: CountPorts): Promise<void> {
  const { resourceVersion: _any, ...rest } = metadata
  const status = statusOf({ metadata, ...quota }, used)
  await client.resource<ResourceQuota>(resourceQuotaDefinition).updateStatus({ ...quota, metadata: rest, status })
}

export function statusOf({ spec }: ResourceQuota, used: Amounts): NonNullable<ResourceQuota['status']> {
  const texts = [...used].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => [name, formatQuantity(amount)])
  return { hard: spec?.hard ?? {}, used: Object.fromEntries(texts) as Record<string, string> }
}

/** What is used afterwards; undefined where the quota limits nothing of it. Throws Forbidden. */
async function usedWith(
  quota: ResourceQuota,
  takes: Amounts,
  { definition, request: { object, oldObject, name } }: Charged,
  ports: CountPorts,
): Promise<Amounts | undefined> {
  const hard = hardOf(quota)
  const refuse = (why: string): Error => forbiddenError(definition, name || (object.metadata.generateName ?? ''), why)
  const unsaid =
    oldObject === undefined && isInstances(definition) ? computeNames.filter((each) => hard.has(each) && !takes.has(each)) : []
  if (unsaid.length > 0) throw refuse(`failed quota: ${quota.metadata.name}: must specify ${unsaid.join(',')}`)
  const limited = [...takes].filter(([each]) => hard.has(each))
  if (limited.length === 0) return undefined
  const exceeded = (used: Amounts) => limited.filter(([each, amount]) => isMore(added(used.get(each), amount), hard.get(each)))
  const told = toldUsed(quota)
  // It may limit more than when it was counted, and something may have gone since.
  const isCounted = limited.every(([each]) => told.has(each)) && exceeded(told).length === 0
  const used = isCounted ? told : await countUsed(quota, ports)
  const over = exceeded(used)
  if (over.length === 0)
    return new Map([...used, ...limited.map(([each, amount]) => [each, added(used.get(each), amount)] as const)])
  const of = (amounts: Amounts): string => amountsText(over.map(([each]) => [each, amounts.get(each) ?? nothing] as const))
  throw refuse(`exceeded quota: ${quota.metadata.name}, requested: ${amountsText(over)}, used: ${of(used)}, limited: ${of(hard)}`)
}

const nothing: Quantity = { nano: 0n, format: 'DecimalSI' }

const isMore = (amount: Quantity, most: Quantity | undefined): boolean => most !== undefined && amount.nano > most.nano

function toldUsed({ metadata, status, ...quota }: ResourceQuota): Amounts {
  return hardOf({ ...quota, metadata, spec: { hard: status?.used ?? {} } })
}
