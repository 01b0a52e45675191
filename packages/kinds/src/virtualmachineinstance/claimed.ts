// What an instance takes of memory and processors, as quotas and limits see it. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { QuantityText } from '@sheaf/api/meta'

type Amounts = Partial<Record<'cpu' | 'memory', QuantityText>>

/** What it asks for, or else what its guest has; and what it may take at most, where it says so. */
export function claimedBy({ spec }: VirtualMachineInstance): { requests: Amounts; limits: Amounts } {
  const { cpu, memory, resources = {} } = spec.domain
  const { requests = {}, limits = {} } = resources
  const processors = (cpu?.sockets ?? 1) * (cpu?.cores ?? 1) * (cpu?.threads ?? 1)
  return {
    requests: withoutGaps({
      cpu: requests['cpu'] ?? limits['cpu'] ?? processors,
      memory: requests['memory'] ?? memory?.guest ?? limits['memory'],
    }),
    limits: withoutGaps({ cpu: limits['cpu'], memory: limits['memory'] }),
  }
}

function withoutGaps(amounts: Partial<Record<'cpu' | 'memory', QuantityText | undefined>>): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== undefined)) as Amounts
}
