// PUT …/finalize: whoever emptied a namespace takes its name off the list in the namespace's spec.

import type { DecodedBody, Encoded, Registry, WriteCall } from './registry.ts'
import { replace } from './update.ts'

export function finalize(registry: Registry, call: WriteCall, body: DecodedBody): Promise<Encoded> {
  return replace(registry, call, 'finalize', body)
}
