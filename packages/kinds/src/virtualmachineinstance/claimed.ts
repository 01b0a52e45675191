// What an instance takes of memory and processors, as quotas and limits see it. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { QuantityText } from '@sheaf/api/meta'
import { processorsOf } from './launch/processor.ts'

type Amounts = Record<'cpu' | 'memory', QuantityText | undefined>

/** What it asks for, or else what its guest has; and what it may take at most, where it says so. */
export function claimedBy({ spec: { domain } }: VirtualMachineInstance): { requests: Amounts; limits: Amounts } {
  const { requests = {}, limits = {} } = domain.resources ?? {}
  return {
    requests: {
      cpu: requests['cpu'] ?? limits['cpu'] ?? processorsOf(domain),
      memory: requests['memory'] ?? domain.memory?.guest ?? limits['memory'],
    },
    limits: { cpu: limits['cpu'], memory: limits['memory'] },
  }
}
