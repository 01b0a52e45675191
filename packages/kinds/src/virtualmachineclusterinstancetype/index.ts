// The Kind VirtualMachineClusterInstancetype: an instance type for every namespace.

import {
  type VirtualMachineClusterInstancetype,
  validateInstancetype,
  virtualMachineClusterInstancetypeDefinition,
} from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { specAdmission } from '../spec-admission.ts'

export const virtualMachineClusterInstancetypeKind: Kind<VirtualMachineClusterInstancetype> = {
  definition: virtualMachineClusterInstancetypeDefinition,
  admission: specAdmission('virtualmachineclusterinstancetype-validator.instancetype.kubevirt.io', validateInstancetype),
}
