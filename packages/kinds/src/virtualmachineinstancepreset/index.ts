// The Kind VirtualMachineInstancePreset: served, so that clients find out why none can be made.

import { presetIsDeprecated, type VirtualMachineInstancePreset, virtualMachineInstancePresetDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { webhookDenial } from '../webhook-denial.ts'

const instead =
  'None is applied here: write the size into a VirtualMachineInstancetype and the devices into a VirtualMachinePreference, and name both in spec.instancetype and spec.preference of the VirtualMachine; or write the fields into its template'

export const virtualMachineInstancePresetKind: Kind<VirtualMachineInstancePreset> = {
  definition: virtualMachineInstancePresetDefinition,
  admission: {
    validate({ operation }) {
      if (operation !== 'CREATE') return
      throw webhookDenial('virtualmachinepreset-validator.kubevirt.io', [
        { type: 'FieldValueNotSupported', field: 'kind', message: `${presetIsDeprecated} ${instead}` },
      ])
    },
  },
}
