// The Kind VirtualMachineClusterPreference: a preference for every namespace.

import { type VirtualMachineClusterPreference, validatePreference, virtualMachineClusterPreferenceDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { specAdmission } from '../spec-admission.ts'

export const virtualMachineClusterPreferenceKind: Kind<VirtualMachineClusterPreference> = {
  definition: virtualMachineClusterPreferenceDefinition,
  admission: specAdmission('virtualmachineclusterpreference-validator.instancetype.kubevirt.io', validatePreference),
}
