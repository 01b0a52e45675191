// Freezing the guest's filesystems, and the promise to thaw them. The promise is an annotation, so that it outlives whoever
// made it: a guest that stays frozen is as good as dead.

import type { VirtualMachineInstance } from '@sheaf/api'
import { badRequest, internalError, isJsonObject, type Json } from '@sheaf/api/meta'

/** RFC 3339: when the guest is thawed unless somebody does it before. */
export const thawAtAnnotation = 'sheaf.io/thaw-at'

/** Undefined when no thaw is owed. */
export function thawAtMs(instance: VirtualMachineInstance): number | undefined {
  const text = instance.metadata.annotations?.[thawAtAnnotation]
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** Of the body of freeze; 0 means never. */
export function unfreezeTimeoutMs(body: Json | undefined): number {
  const text = body !== undefined && isJsonObject(body) ? body['unfreezeTimeout'] : undefined
  if (text === undefined || text === null) throw internalError('Unfreeze timeout in freeze request is not set')
  const ms = typeof text === 'string' ? durationMs(text) : undefined
  if (ms === undefined) throw badRequest(`unfreezeTimeout must be a duration such as 5m0s, not ${JSON.stringify(text)}`)
  return ms
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, µs: 0.001, ns: 0.000_001 }

/** As Go writes durations: `5m0s`, `1h30m`, `1.5s`, `0`. */
function durationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0)
}
