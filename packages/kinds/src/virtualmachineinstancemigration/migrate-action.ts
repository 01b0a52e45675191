// `virtctl migrate`: makes a migration of a virtual machine's instance.

import {
  type VirtualMachine,
  type VirtualMachineInstanceMigration,
  virtualMachineDefinition,
  virtualMachineInstanceMigrationDefinition,
} from '@sheaf/api'
import { badRequest, conflict, type Json, notFound, StatusError } from '@sheaf/api/meta'
import type { RequestAction } from '@sheaf/machinery/kind'
import { cannotRead, dryRunIn, optionsIn } from '../action-options.ts'
import type { Ports } from '../ports.ts'
import { instanceOf } from '../refused-actions.ts'
import { accepted, kubevirtActions, vmiSubject, vmSubject } from '../subresources.ts'

export function migrateAction(ports: Pick<Ports, 'client'>): RequestAction {
  return {
    ...kubevirtActions,
    kind: 'request',
    method: 'PUT',
    plural: virtualMachineDefinition.plural,
    action: 'migrate',
    async run(call) {
      const { namespace, name } = call
      const vm = await ports.client.resource<VirtualMachine>(virtualMachineDefinition).find({ namespace, name })
      if (vm === undefined) throw notFound(vmSubject, name)
      const instance = await instanceOf(call, ports)
      const { dryRun } = migrateOptions(call.body)
      if (instance.status?.phase !== 'Running') throw conflict(vmiSubject, name, 'VM is not running')
      if (dryRun) return accepted
      const migration: VirtualMachineInstanceMigration = {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstanceMigration',
        metadata: { namespace, generateName: 'kubevirt-migrate-vm-' },
        spec: { vmiName: name },
      }
      await ports.client
        .resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
        .create(migration)
        .catch((error: unknown) => {
          throw error instanceof StatusError && error.code < 500 ? conflict(vmiSubject, name, error.message) : error
        })
      return accepted
    },
  }
}

function migrateOptions(body: Json | undefined): { dryRun: boolean } {
  const options = optionsIn(body)
  const selector = options['addedNodeSelector'] ?? undefined
  if (selector !== undefined && !isSelector(selector)) throw cannotRead('addedNodeSelector', 'an object of texts', selector)
  if (selector !== undefined && Object.keys(selector).length > 0)
    throw badRequest('there is one node, and what runs on it is moved to another process there: leave addedNodeSelector out')
  return { dryRun: dryRunIn(options) }
}

const isSelector = (value: Json): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'string')
