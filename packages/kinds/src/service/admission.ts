// What may be written about a service, given all others.

import { type Service, serviceDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import type { Admission } from '@sheaf/machinery/kind'
import { carryOver } from './carry-over.ts'
import type { NodePorts } from './node-ports.ts'

export function serviceAdmission(client: Client, nodePorts: NodePorts): Admission<Service> {
  return {
    async mutate({ object, oldObject, subresource, dryRun }) {
      if (subresource !== undefined) return
      if (oldObject !== undefined) carryOver(object, oldObject)
      const { items } = await client.resource<Service>(serviceDefinition).list()
      nodePorts.assign(object, { old: oldObject, stored: items, isDryRun: dryRun })
    },
    validate({ operation, object, dryRun }) {
      if (operation === 'DELETE' && !dryRun) nodePorts.release(object)
    },
  }
}
