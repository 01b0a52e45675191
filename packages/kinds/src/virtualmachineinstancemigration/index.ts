// The Kind VirtualMachineInstanceMigration: served, so that clients can ask which there are (none) and are told why no
// instance moves.

import {
  isFinal,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
} from '@sheaf/api'
import { badRequest, findCondition } from '@sheaf/api/meta'
import type { AdmissionRequest, Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { notMigratable } from '../refused-actions.ts'
import { webhookDenial } from '../webhook-denial.ts'

const webhook = 'migration-create-validator.kubevirt.io'

export function virtualMachineInstanceMigrationKind(ports: Pick<Ports, 'client'>): Kind<VirtualMachineInstanceMigration> {
  return {
    definition: virtualMachineInstanceMigrationDefinition,
    admission: {
      async validate(request) {
        if (request.operation === 'CREATE') throw await refusalOf(request, ports)
      },
    },
  }
}

async function refusalOf(
  { namespace, object: { spec } }: AdmissionRequest<VirtualMachineInstanceMigration>,
  { client }: Pick<Ports, 'client'>,
): Promise<Error> {
  const name = spec.vmiName ?? ''
  if (name === '') {
    return webhookDenial(webhook, [{ type: 'FieldValueRequired', field: 'spec.vmiName', message: 'vmiName is missing' }])
  }
  const instance = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find({ namespace, name })
  return badRequest(`admission webhook "${webhook}" denied the request: ${reasonOf(instance, `${namespace}/${name}`)}`)
}

function reasonOf(instance: VirtualMachineInstance | undefined, name: string): string {
  if (instance === undefined) return `the VMI "${name}" does not exist`
  if (isFinal(instance)) return 'Cannot migrate VMI in finalized state.'
  const said = findCondition(instance.status?.conditions, 'LiveMigratable')
  if (said?.status !== 'False') return notMigratable
  return `Cannot migrate VMI, Reason: ${said.reason}, Message: ${said.message}`
}
