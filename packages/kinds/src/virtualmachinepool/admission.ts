// What may be written about a pool of virtual machines.

import { type VirtualMachinePool, validateVirtualMachinePool } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import type { Admission } from '@sheaf/machinery/kind'
import { admissionPolicy } from '../admission-policy.ts'
import { isController } from '../controller-user.ts'
import { webhookDenial } from '../webhook-denial.ts'

export const poolAdmission: Admission<VirtualMachinePool> = {
  validate({ operation, subresource, object, oldObject, user }) {
    if (operation === 'DELETE' || subresource !== undefined || isBeingDeleted(object)) return
    const policy = { ...admissionPolicy, writerIsController: isController(user) }
    const errors = validateVirtualMachinePool(object, oldObject, policy)
    if (errors.length > 0) throw webhookDenial('virtualmachinepool-validator.kubevirt.io', errors)
  },
}
