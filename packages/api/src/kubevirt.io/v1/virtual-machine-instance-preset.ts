import type { V1VirtualMachineInstancePresetSpec } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { deprecationMessage } from '../../deprecation/deprecation-message.ts'
import { presetRule } from '../../deprecation/rules/api-versions.ts'
import { type ApiObject, ageColumn, apiVersionOf, type ResourceDefinition } from '../../meta/index.ts'

/** Fields that instances with certain labels were given, unseen by those who made them. KubeVirt has given it up. */
export interface VirtualMachineInstancePreset extends ApiObject {
  spec?: V1VirtualMachineInstancePresetSpec
}

export const virtualMachineInstancePresetDefinition: ResourceDefinition<VirtualMachineInstancePreset> = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstancePreset',
  listKind: 'VirtualMachineInstancePresetList',
  plural: 'virtualmachineinstancepresets',
  singular: 'virtualmachineinstancepreset',
  shortNames: ['vmipreset', 'vmipresets'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.v1.VirtualMachineInstancePreset',
  origin: 'custom',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [ageColumn],
  selectableFields: {},
}

/** The words in which KubeVirt warns of it. */
export const presetIsDeprecated = deprecationMessage(presetRule, {
  path: ['kind'],
  value: virtualMachineInstancePresetDefinition.kind,
  apiVersion: apiVersionOf(virtualMachineInstancePresetDefinition),
})
