// What may be written about a migration: a new one for an instance that can be moved and is not being moved, and nothing else
// afterwards.

import { isDeepStrictEqual } from 'node:util'
import {
  isFinal,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
} from '@sheaf/api'
import { badRequest, findCondition, isBeingDeleted, type StatusError } from '@sheaf/api/meta'
import type { Admission, AdmissionRequest } from '@sheaf/machinery/kind'
import { isController } from '../controller-user.ts'
import type { Ports } from '../ports.ts'
import { webhookDenial } from '../webhook-denial.ts'
import { isOver, migrationFinalizer, vmiNameLabel } from './migration.ts'

const createWebhook = 'migration-create-validator.kubevirt.io'
const updateWebhook = 'migration-update-validator.kubevirt.io'

type Request = AdmissionRequest<VirtualMachineInstanceMigration>
type ClientPort = Pick<Ports, 'client'>

export function migrationAdmission(ports: ClientPort): Admission<VirtualMachineInstanceMigration> {
  return {
    async mutate({ operation, object, namespace }) {
      if (operation === 'CREATE') await begin(object, await instanceOf(object, namespace, ports))
    },
    async validate(request) {
      if (request.operation === 'CREATE') await admitNew(request, ports)
      else if (request.operation === 'UPDATE' && request.subresource === undefined) admitChange(request)
    },
  }
}

/** It goes with its instance: a machine that was started anew has not been moved. */
async function begin(migration: VirtualMachineInstanceMigration, instance: VirtualMachineInstance | undefined): Promise<void> {
  const { metadata, spec } = migration
  metadata.labels = { ...metadata.labels, [vmiNameLabel]: spec.vmiName ?? '' }
  metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), migrationFinalizer])]
  if (instance === undefined) return
  const { name = '', uid = '' } = instance.metadata
  const owner = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', name, uid }
  metadata.ownerReferences = [...(metadata.ownerReferences ?? []).filter((each) => each.uid !== uid), owner]
}

async function instanceOf(
  { spec }: VirtualMachineInstanceMigration,
  namespace: string,
  { client }: ClientPort,
): Promise<VirtualMachineInstance | undefined> {
  const name = spec.vmiName ?? ''
  if (name === '') return undefined
  return client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find({ namespace, name })
}

async function admitNew({ namespace, object, user }: Request, ports: ClientPort): Promise<void> {
  const { spec } = object
  const deny = (field: string, message: string): StatusError =>
    webhookDenial(createWebhook, [{ type: 'FieldValueInvalid', field, message }])
  if ((spec.vmiName ?? '') === '')
    throw webhookDenial(createWebhook, [{ type: 'FieldValueRequired', field: 'spec.vmiName', message: 'vmiName is missing' }])
  if (spec.sendTo !== undefined || spec.receive !== undefined)
    throw deny('spec', 'DecentralizedLiveMigration feature gate is not enabled in kubevirt resource')
  if (spec.priority !== undefined && !isController(user)) throw deny('spec.priority', 'priority is for controllers to set')
  const refusal = await refusalOf(object, namespace, ports)
  if (refusal !== undefined) throw badRequest(`admission webhook "${createWebhook}" denied the request: ${refusal}`)
}

async function refusalOf(
  migration: VirtualMachineInstanceMigration,
  namespace: string,
  ports: ClientPort,
): Promise<string | undefined> {
  const name = migration.spec.vmiName ?? ''
  const instance = await instanceOf(migration, namespace, ports)
  if (instance === undefined) return `the VMI "${namespace}/${name}" does not exist`
  if (isFinal(instance)) return 'Cannot migrate VMI in finalized state.'
  const said = findCondition(instance.status?.conditions, 'LiveMigratable')
  if (said?.status === 'False') return `Cannot migrate VMI, Reason: ${said.reason}, Message: ${said.message}`
  const { items } = await ports.client
    .resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
    .list({ namespace })
  const other = items.find((each) => each.spec.vmiName === name && !isOver(each))
  if (other === undefined) return undefined
  return `in-flight migration detected. Active migration job (${other.metadata.uid}) is currently already in progress for VMI ${name}.`
}

function admitChange({ object, oldObject, user }: Request): void {
  if (oldObject === undefined) return
  if (!isDeepStrictEqual(object.spec, oldObject.spec))
    throw webhookDenial(updateWebhook, [
      { type: 'FieldValueNotSupported', field: '', message: "update of Migration object's spec is restricted" },
    ])
  const hadLabel = oldObject.metadata.labels?.[vmiNameLabel]
  // By it those of an instance are found.
  if (object.metadata.labels?.[vmiNameLabel] !== hadLabel)
    throw webhookDenial(updateWebhook, [
      { type: 'FieldValueNotSupported', field: 'metadata.labels', message: `the label ${vmiNameLabel} stays as it is` },
    ])
  // Without its object nobody would learn how the move ends.
  const isHeld = oldObject.metadata.finalizers?.includes(migrationFinalizer) === true
  const lets = object.metadata.finalizers?.includes(migrationFinalizer) !== true
  if (isHeld && lets && !isController(user) && !(isBeingDeleted(object) && isOver(object)))
    object.metadata.finalizers = [...(object.metadata.finalizers ?? []), migrationFinalizer]
}
