// Harvester's own door to a virtual machine. It leads to the same actions as KubeVirt's; what differs is start, which
// gives back the strategy that a halted machine had, and stop, which halts whatever the strategy is.

import type { ApiResponse } from '@sheaf/api/client'
import type { RequestAction } from '@sheaf/machinery/kind'

const harvesterActions = { group: 'subresources.harvesterhci.io', versions: ['v1beta1'], plural: 'virtualmachines' } as const

/** As Harvester answers what it has done or will do. */
const noContent: ApiResponse = { status: 204, headers: {}, body: '' }

export function harvesterAction(action: string, run: RequestAction['run']): RequestAction {
  return {
    ...harvesterActions,
    kind: 'request',
    method: 'POST',
    action,
    async run(call) {
      await run(call)
      return noContent
    },
  }
}
