// What one request tells of deprecated fields. Pure.

import { type DeprecationRule, fieldText, sentDeprecations } from '@sheaf/api'
import { apiVersionOf, isJsonObject, type Json } from '@sheaf/api/meta'
import type { AnsweredRequest } from '@sheaf/machinery/kind'
import { clientName } from './client-name.ts'

/** Somebody sent a deprecated field. */
export interface Sighting {
  rule: DeprecationRule
  field: string
  resource: { group: string; version: string; kind: string; plural: string }
  user: string
  client: string
  userAgent: string
  /** `namespace/name` of the object that it was sent for. */
  object: string
}

/** More is no name of a program, and would be kept with every use. */
const longestUserAgent = 256

/**
 * The fields that the request itself brought, each once: not what was stored before, which a warning speaks of too. A dry
 * run and a request that was refused count: what sends them sends the field. Sheaf's own controllers only pass on what
 * others wrote. What the server takes in no case is no use of it.
 */
export function sightingsIn({ subject, user, userAgent, sent }: AnsweredRequest): Sighting[] {
  if (sent === undefined || subject.subresource !== '' || subject.kind === '' || user.isSelf === true) return []
  const { group, version, resource, kind } = subject
  const found = sentDeprecations(sent, { apiVersion: apiVersionOf(subject), kind }).filter(
    ({ rule }) => rule.severity !== 'refused',
  )
  if (found.length === 0) return []
  const byField = new Map(found.map(({ rule, path }) => [`${rule.id} ${fieldText(path)}`, { rule, field: fieldText(path) }]))
  return [...byField.values()].map(({ rule, field }) => ({
    rule,
    field,
    resource: { group, version, kind, plural: resource },
    user: user.username,
    client: clientName(userAgent),
    userAgent: userAgent.slice(0, longestUserAgent),
    object: objectText(subject, sent.value),
  }))
}

/** A create has the name in its body only. */
function objectText({ namespace, name }: AnsweredRequest['subject'], body: Json): string {
  const metadata = isJsonObject(body) && isJsonObject(body['metadata']) ? body['metadata'] : {}
  const named = name || metadata['name'] || metadata['generateName']
  const shown = typeof named === 'string' ? named : ''
  return namespace === '' ? shown : `${namespace}/${shown}`
}
