// What may be written about a pool of virtual machines.

import { type VirtualMachinePool, validateVirtualMachinePool } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import type { Admission } from '@sheaf/machinery/kind'
import { admissionPolicyWith } from '../admission-policy.ts'
import { isController } from '../controller-user.ts'
import type { FeatureGate } from '../feature-gates.ts'
import { webhookDenial } from '../webhook-denial.ts'

export const poolAdmission = (featureGates?: readonly FeatureGate[]): Admission<VirtualMachinePool> => ({
  validate({ operation, subresource, object, oldObject, user }) {
    if (operation === 'DELETE' || subresource !== undefined || isBeingDeleted(object)) return
    const policy = { ...admissionPolicyWith(featureGates), writerIsController: isController(user) }
    const errors = validateVirtualMachinePool(object, oldObject, policy)
    if (errors.length > 0) throw webhookDenial('virtualmachinepool-validator.kubevirt.io', errors)
  },
})
