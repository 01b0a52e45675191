// An instance whose liveness probe has failed is to end, as if it had failed. The intent is an annotation: whoever goes on
// after us knows since when, and why the guest that then shuts itself down has not done so of its own will.

import type { VirtualMachineInstance } from '@sheaf/api'

/** RFC 3339: when the liveness probe had failed often enough. */
export const condemnedAtAnnotation = 'sheaf.io/liveness-failed-at'

/** Undefined while it may live. */
export function condemnedAtMs(instance: VirtualMachineInstance): number | undefined {
  const time = Date.parse(instance.metadata.annotations?.[condemnedAtAnnotation] ?? '')
  return Number.isNaN(time) ? undefined : time
}
