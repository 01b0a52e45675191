import type {
  V1beta1MemoryPreferenceRequirement,
  V1beta1PreferenceRequirements,
  V1beta1VirtualMachinePreferenceSpec,
  V1LaunchSecurity,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { deprecationWarnings } from '../../deprecation/find-deprecations.ts'
import { type ApiObject, ageColumn, type QuantityText, type ResourceDefinition } from '../../meta/index.ts'

export interface PreferenceRequirements extends Omit<V1beta1PreferenceRequirements, 'memory'> {
  memory?: Omit<V1beta1MemoryPreferenceRequirement, 'guest'> & { guest: QuantityText }
}

/** The taste of a guest: what it gets where its template says nothing, and what it cannot do without. */
export interface PreferenceSpec extends Omit<V1beta1VirtualMachinePreferenceSpec, 'requirements'> {
  requirements?: PreferenceRequirements
  preferredLaunchSecurity?: V1LaunchSecurity
}

/** A taste that the virtual machines of its namespace may name. */
export interface VirtualMachinePreference extends ApiObject {
  spec: PreferenceSpec
}

export const virtualMachinePreferenceDefinition: ResourceDefinition<VirtualMachinePreference> = {
  group: 'instancetype.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachinePreference',
  listKind: 'VirtualMachinePreferenceList',
  plural: 'virtualmachinepreferences',
  singular: 'virtualmachinepreference',
  shortNames: ['vmpref', 'vmprefs', 'vmp', 'vmps'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.instancetype.v1beta1.VirtualMachinePreference',
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
