import type { V1beta1MemoryInstancetype, V1beta1VirtualMachineInstancetypeSpec } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { deprecationWarnings } from '../../deprecation/find-deprecations.ts'
import { type ApiObject, ageColumn, type QuantityText, type ResourceDefinition } from '../../meta/index.ts'

export interface InstancetypeMemory extends Omit<V1beta1MemoryInstancetype, 'guest' | 'maxGuest'> {
  guest: QuantityText
  maxGuest?: QuantityText
}

/** The size of a machine: what it gets, whatever its template would like. */
export interface InstancetypeSpec extends Omit<V1beta1VirtualMachineInstancetypeSpec, 'memory'> {
  memory: InstancetypeMemory
}

/** A size that the virtual machines of its namespace may name. */
export interface VirtualMachineInstancetype extends ApiObject {
  spec: InstancetypeSpec
}

export const virtualMachineInstancetypeDefinition: ResourceDefinition<VirtualMachineInstancetype> = {
  group: 'instancetype.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineInstancetype',
  listKind: 'VirtualMachineInstancetypeList',
  plural: 'virtualmachineinstancetypes',
  singular: 'virtualmachineinstancetype',
  shortNames: ['vminstancetype', 'vminstancetypes', 'vmf', 'vmfs'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.instancetype.v1beta1.VirtualMachineInstancetype',
  origin: 'custom',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [ageColumn],
  selectableFields: {},
  warnings: deprecationWarnings,
}
