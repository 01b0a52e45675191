// The Kind PriorityClass, and the two that always exist.

import { isSystemPriorityClass, type PriorityClass, priorityClassDefinition, systemPriorityClasses } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { forbiddenError } from '@sheaf/api/meta'
import type { AdmissionRequest, Kind } from '@sheaf/machinery/kind'
import { ensureThere } from '../ensure-there.ts'
import type { Ports } from '../ports.ts'

export function priorityClassKind(ports: Pick<Ports, 'client'>): Kind<PriorityClass> {
  return {
    definition: priorityClassDefinition,
    admission: {
      async validate(request) {
        if (request.operation === 'DELETE') keepSystemClass(request)
        else await keepOneDefault(request, ports.client)
      },
    },
  }
}

function keepSystemClass({ name }: AdmissionRequest<PriorityClass>): void {
  if (!isSystemPriorityClass(name)) return
  throw forbiddenError(priorityClassDefinition, name, 'this is a system priority class and cannot be deleted')
}

async function keepOneDefault({ object }: AdmissionRequest<PriorityClass>, client: Client): Promise<void> {
  if (object.globalDefault !== true) return
  const { items } = await client.resource<PriorityClass>(priorityClassDefinition).list()
  const name = object.metadata.name ?? ''
  const other = items.find((each) => each.globalDefault === true && each.metadata.name !== name)
  if (other === undefined) return
  const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`
  throw forbiddenError(priorityClassDefinition, name, why)
}

/** As Kubernetes makes them at its start. */
export async function ensurePriorityClasses(client: Client): Promise<void> {
  const classes = client.resource<PriorityClass>(priorityClassDefinition)
  for (const each of systemPriorityClasses) await ensureThere(classes, each)
}
