// PUT …/status: the observation, everything else stays as it is stored.

import type { DecodedBody, Encoded, Registry, WriteCall } from './registry.ts'
import { replace } from './update.ts'

export function updateStatus(registry: Registry, call: WriteCall, body: DecodedBody): Promise<Encoded> {
  return replace(registry, call, 'status', body)
}
