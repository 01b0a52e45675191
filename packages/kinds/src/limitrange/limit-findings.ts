// What limits have against one thing, in Kubernetes' words. Pure.

import type { LimitRangeItem } from '@sheaf/api'
import {
  errorsText,
  forbiddenError,
  formatQuantity,
  nanoOf,
  parseQuantity,
  type Quantity,
  type QuantityText,
  type ResourceDefinition,
} from '@sheaf/api/meta'

/** What something asks for and what it may take at most, by name; absent where it does not say. */
export interface Claimed {
  requests: Partial<Record<string, QuantityText | undefined>>
  limits: Partial<Record<string, QuantityText | undefined>>
}

/** Throws Forbidden where limits have anything against the object of this name. */
export function refuseBeyond(
  items: readonly LimitRangeItem[],
  claimed: Claimed,
  { definition, name }: { definition: ResourceDefinition; name: string },
): void {
  const findings = items.flatMap((item) => limitFindings(claimed, item))
  if (findings.length > 0) throw forbiddenError(definition, name, errorsText(findings))
}

function limitFindings({ requests, limits }: Claimed, item: LimitRangeItem): string[] {
  const { type } = item
  const under = (name: string, least: QuantityText): string[] => {
    const request = read(requests[name])
    const what = `minimum ${name} usage per ${type} is ${shown(least)}`
    if (request === undefined) return [`${what}.  No request is specified`]
    return request.nano < nanoOf(least) ? [`${what}, but request is ${formatQuantity(request)}`] : []
  }
  const over = (name: string, most: QuantityText): string[] => {
    const limit = read(limits[name])
    const request = read(requests[name])
    const what = `maximum ${name} usage per ${type} is ${shown(most)}`
    // A claim has no limit: it takes what it asks for.
    if (limit === undefined && request === undefined) return [`${what}.  No limit is specified`]
    if (limit !== undefined && limit.nano > nanoOf(most)) return [`${what}, but limit is ${formatQuantity(limit)}`]
    if (request !== undefined && request.nano > nanoOf(most)) return [`${what}, but request is ${formatQuantity(request)}`]
    return []
  }
  const ratio = (name: string, most: QuantityText): string[] => {
    const limit = read(limits[name])
    const request = read(requests[name])
    const what = `${name} max limit to request ratio per ${type} is ${shown(most)}`
    if (limit === undefined || request === undefined || request.nano === 0n)
      return [`${what}, but no request is specified or request is 0`]
    const given = Number(limit.nano) / Number(request.nano)
    return given > Number(nanoOf(most)) / 1e9 ? [`${what}, but provided ratio is ${given.toFixed(6)}`] : []
  }
  return [...each(item.min, under), ...each(item.max, over), ...each(item.maxLimitRequestRatio, ratio)]
}

function each(
  amounts: Partial<Record<string, QuantityText>> | undefined,
  findingsOf: (name: string, amount: QuantityText) => string[],
): string[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => (amount === undefined ? [] : findingsOf(name, amount)))
}

const read = (text: QuantityText | undefined): Quantity | undefined => (text === undefined ? undefined : parseQuantity(text))

function shown(text: QuantityText): string {
  const quantity = parseQuantity(text)
  return quantity === undefined ? String(text) : formatQuantity(quantity)
}
