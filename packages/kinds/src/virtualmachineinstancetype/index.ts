// The Kind VirtualMachineInstancetype. Nobody reconciles it: virtual machines look it up, and keep what they found.

import { type VirtualMachineInstancetype, validateInstancetype, virtualMachineInstancetypeDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { specAdmission } from '../spec-admission.ts'

export const virtualMachineInstancetypeKind: Kind<VirtualMachineInstancetype> = {
  definition: virtualMachineInstancetypeDefinition,
  admission: specAdmission('virtualmachineinstancetype-validator.instancetype.kubevirt.io', validateInstancetype),
}
