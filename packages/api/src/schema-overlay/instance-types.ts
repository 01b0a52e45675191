// KubeVirt's instance types and preferences: what their custom resource definitions say beyond the types.

import { atomicList, int32, type SchemaOverlay } from './definition-overlay.ts'

const count = { ...int32, minimum: 0 }
const percent = { minimum: 0, maximum: 100 }
/** KubeVirt divides by it, and fails on zero. */
const ratio = { ...int32, minimum: 1 }

export const instanceTypes: SchemaOverlay = {
  'io.kubevirt.instancetype.v1beta1.CPUInstancetype': { properties: { guest: count, maxSockets: count } },
  'io.kubevirt.instancetype.v1beta1.CPUPreferenceRequirement': { properties: { guest: count } },
  'io.kubevirt.instancetype.v1beta1.MemoryInstancetype': { properties: { overcommitPercent: percent } },
  'io.kubevirt.instancetype.v1beta1.SpreadOptions': { properties: { ratio } },
  'io.kubevirt.instancetype.v1beta1.VirtualMachineInstancetypeSpec': {
    properties: { gpus: atomicList, hostDevices: atomicList },
  },
  'io.kubevirt.instancetype.v1beta1.VirtualMachinePreferenceSpec': {
    missing: {
      preferredLaunchSecurity: {
        $ref: '#/definitions/io.kubevirt.v1.LaunchSecurity',
        description: 'How the memory of the guest is kept from the host, where the machine says nothing.',
      },
    },
    properties: { preferSpreadSocketToCoreRatio: count },
  },
}
