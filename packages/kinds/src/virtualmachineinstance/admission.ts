// What may be written about an instance: defaults once, and a spec that only Sheaf itself may change afterwards.

import { isDeepStrictEqual } from 'node:util'
import {
  type AdmissionPolicy,
  defaultVirtualMachineInstance,
  hostPortsAnnotation,
  hostPortsProblem,
  type VirtualMachineInstance,
  validateVirtualMachineInstance,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { addFinalizer, type Clock, type FieldError, isBeingDeleted, type Random, timestamp } from '@sheaf/api/meta'
import type { Admission, AdmissionRequest } from '@sheaf/machinery/kind'
import { admissionPolicyWith } from '../admission-policy.ts'
import { isController } from '../controller-user.ts'
import type { FeatureGate } from '../feature-gates.ts'
import { webhookDenial } from '../webhook-denial.ts'
import { instanceFinalizer } from './decide.ts'
import { untoldNameServers } from './launch/guest-network.ts'
import { statusAtBirth } from './status.ts'
import { putWithinLimits } from './within-limit-ranges.ts'

export function virtualMachineInstanceAdmission(
  random: Random,
  clock: Clock,
  client: Client,
  featureGates?: readonly FeatureGate[],
): Admission<VirtualMachineInstance> {
  const policy = admissionPolicyWith(featureGates)
  return {
    mutate(request) {
      if (request.operation === 'CREATE') begin(request.object, random, clock, policy)
      else if (request.operation === 'UPDATE' && !isController(request.user)) {
        keepStatus(request)
        keepHold(request)
      }
    },
    async validate(request) {
      if (request.operation === 'CREATE') {
        admitNew(request, policy)
        await putWithinLimits(request.object, client)
      } else if (request.operation === 'UPDATE') admitChange(request)
    },
  }
}

function begin(instance: VirtualMachineInstance, random: Random, clock: Clock, policy: AdmissionPolicy): void {
  if (isComplete(instance)) Object.assign(instance, defaultVirtualMachineInstance(instance, random.uuid(), policy))
  addFinalizer(instance, instanceFinalizer)
  instance.status = statusAtBirth(timestamp(clock))
}

/** What was sent may lack what everything else hangs on; validation says so afterwards. */
function isComplete({ spec }: Partial<VirtualMachineInstance>): boolean {
  const domain: Partial<VirtualMachineInstance['spec']['domain']> | undefined = spec?.domain
  return domain?.devices !== undefined
}

/** There is no status subresource: what anybody but the controller writes there is put back in silence, as in KubeVirt. */
function keepStatus({ object, oldObject }: AdmissionRequest<VirtualMachineInstance>): void {
  if (oldObject?.status === undefined) delete object.status
  else object.status = structuredClone(oldObject.status)
}

/** Without its object a machine would run on with nobody to end it, beside the next one of its name. */
function keepHold(request: AdmissionRequest<VirtualMachineInstance>): void {
  const { object, oldObject } = request
  const finalizers = object.metadata.finalizers ?? []
  if (oldObject?.metadata.finalizers?.includes(instanceFinalizer) !== true || finalizers.includes(instanceFinalizer)) return
  object.metadata.finalizers = [...finalizers, instanceFinalizer]
  request.warn(
    `finalizer ${instanceFinalizer} stays until the machine is gone; to end it at once, set spec.terminationGracePeriodSeconds to 0 once it is deleted`,
  )
}

function admitNew(request: AdmissionRequest<VirtualMachineInstance>, policy: AdmissionPolicy): void {
  const { object: instance, user } = request
  const problem = hostPortsProblem(instance.metadata.annotations?.[hostPortsAnnotation])
  const annotated: FieldError[] =
    problem === undefined ? [] : [{ type: 'FieldValueInvalid', field: 'metadata.annotations', message: problem }]
  const errors = [
    ...validateVirtualMachineInstance(instance, { ...policy, writerIsController: isController(user) }),
    ...annotated,
  ]
  if (errors.length > 0) throw webhookDenial('virtualmachineinstances-create-validator.kubevirt.io', errors)
  // Whoever wrote the VM was told then.
  if (!isController(user)) untoldNameServers('spec', instance.spec).forEach((text) => request.warn(text))
}

function admitChange({ object, oldObject, user }: AdmissionRequest<VirtualMachineInstance>): void {
  if (isController(user) || isBeingDeleted(object) || isDeepStrictEqual(object.spec, oldObject?.spec)) return
  throw webhookDenial('virtualmachineinstances-update-validator.kubevirt.io', [
    { type: 'FieldValueNotSupported', field: 'spec', message: 'update of VMI object is restricted' },
  ])
}
