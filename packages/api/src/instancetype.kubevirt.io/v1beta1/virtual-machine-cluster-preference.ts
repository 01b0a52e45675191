import type { ApiObject, ResourceDefinition } from '../../meta/index.ts'
import { type PreferenceSpec, virtualMachinePreferenceDefinition } from './virtual-machine-preference.ts'

/** A taste that every virtual machine may name. */
export interface VirtualMachineClusterPreference extends ApiObject {
  spec: PreferenceSpec
}

export const virtualMachineClusterPreferenceDefinition: ResourceDefinition<VirtualMachineClusterPreference> = {
  ...virtualMachinePreferenceDefinition,
  kind: 'VirtualMachineClusterPreference',
  listKind: 'VirtualMachineClusterPreferenceList',
  plural: 'virtualmachineclusterpreferences',
  singular: 'virtualmachineclusterpreference',
  shortNames: ['vmcp', 'vmcps'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.kubevirt.instancetype.v1beta1.VirtualMachineClusterPreference',
}
