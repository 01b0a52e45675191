// The Kind VirtualMachinePreference. Nobody reconciles it: virtual machines look it up, and keep what they found.

import { type VirtualMachinePreference, validatePreference, virtualMachinePreferenceDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { specAdmission } from '../spec-admission.ts'

export const virtualMachinePreferenceKind: Kind<VirtualMachinePreference> = {
  definition: virtualMachinePreferenceDefinition,
  admission: specAdmission('virtualmachinepreference-validator.instancetype.kubevirt.io', validatePreference),
}
