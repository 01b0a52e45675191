import type { ApiObject, ResourceDefinition } from '../../meta/index.ts'
import { type InstancetypeSpec, virtualMachineInstancetypeDefinition } from './virtual-machine-instancetype.ts'

/** A size that every virtual machine may name. */
export interface VirtualMachineClusterInstancetype extends ApiObject {
  spec: InstancetypeSpec
}

export const virtualMachineClusterInstancetypeDefinition: ResourceDefinition<VirtualMachineClusterInstancetype> = {
  ...virtualMachineInstancetypeDefinition,
  kind: 'VirtualMachineClusterInstancetype',
  listKind: 'VirtualMachineClusterInstancetypeList',
  plural: 'virtualmachineclusterinstancetypes',
  singular: 'virtualmachineclusterinstancetype',
  shortNames: ['vmclusterinstancetype', 'vmclusterinstancetypes', 'vmcf', 'vmcfs'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.kubevirt.instancetype.v1beta1.VirtualMachineClusterInstancetype',
}
