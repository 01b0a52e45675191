import { expect, it } from 'vitest'
import * as api from './index.ts'

const definitions: readonly api.ResourceDefinition<never>[] = [
  api.clusterRoleBindingDefinition,
  api.clusterRoleDefinition,
  api.configMapDefinition,
  api.controllerRevisionDefinition,
  api.deprecatedFieldUseDefinition,
  api.endpointsDefinition,
  api.endpointSliceDefinition,
  api.eventDefinition,
  api.leaseDefinition,
  api.limitRangeDefinition,
  api.localSubjectAccessReviewDefinition,
  api.namespaceDefinition,
  api.nodeDefinition,
  api.persistentVolumeClaimDefinition,
  api.persistentVolumeDefinition,
  api.priorityClassDefinition,
  api.roleBindingDefinition,
  api.roleDefinition,
  api.resourceQuotaDefinition,
  api.secretDefinition,
  api.selfSubjectAccessReviewDefinition,
  api.selfSubjectReviewDefinition,
  api.selfSubjectRulesReviewDefinition,
  api.serviceAccountDefinition,
  api.subjectAccessReviewDefinition,
  api.tokenReviewDefinition,
  api.serviceDefinition,
  api.storageClassDefinition,
  api.upgradeDefinition,
  api.upgradeLogDefinition,
  api.userDefinition,
  api.versionDefinition,
  api.virtualMachineDefinition,
  api.virtualMachineClusterInstancetypeDefinition,
  api.virtualMachineClusterPreferenceDefinition,
  api.virtualMachineImageDefinition,
  api.virtualMachineInstanceDefinition,
  api.virtualMachineInstanceMigrationDefinition,
  api.virtualMachineInstancePresetDefinition,
  api.virtualMachineInstanceReplicaSetDefinition,
  api.virtualMachinePoolDefinition,
  api.virtualMachineInstancetypeDefinition,
  api.virtualMachinePreferenceDefinition,
]

it.each(definitions.map((definition) => [definition.kind, definition] as const))(
  '%s has a schema of its own',
  (_, definition) => {
    expect(api.schemas[definition.schemaName]?.properties).toHaveProperty('metadata')
  },
)

it('no two Kinds answer to one name', () => {
  const names = definitions.flatMap(({ plural, shortNames, singular }) => [...new Set([plural, singular, ...shortNames])])
  expect(new Set(names).size).toBe(names.length)
})

it.each([
  [api.virtualMachineDefinition, ['Age', 'Status', 'Ready'], []],
  [api.virtualMachineInstanceDefinition, ['Age', 'Phase', 'IP', 'NodeName', 'Ready'], ['Live-Migratable', 'Paused']],
  [api.virtualMachineInstancetypeDefinition, ['Age'], []],
  [api.virtualMachineClusterPreferenceDefinition, ['Age'], []],
  [api.controllerRevisionDefinition, ['Controller', 'Revision', 'Age'], []],
  [api.virtualMachineInstanceReplicaSetDefinition, ['Desired', 'Current', 'Ready', 'Age'], []],
  [api.virtualMachinePoolDefinition, ['Desired', 'Current', 'Ready', 'Age'], []],
  [api.virtualMachineInstanceMigrationDefinition, ['Phase', 'VMI'], []],
  [api.priorityClassDefinition, ['Value', 'Global-Default', 'Age', 'PreemptionPolicy'], []],
  [
    api.deprecatedFieldUseDefinition,
    ['Field', 'User', 'Client', 'Last Seen', 'Count'],
    ['Kind', 'First Seen', 'Objects', 'Replacement'],
  ],
  [api.virtualMachineImageDefinition, ['BACKEND', 'DISPLAY-NAME', 'SIZE', 'VIRTUALSIZE', 'Age'], ['PROGRESS', 'REFERENCE']],
  [api.versionDefinition, ['ISO-URL', 'ReleaseDate', 'MinUpgradableVersion'], []],
  [api.upgradeDefinition, ['Age'], ['State', 'Target', 'Previous']],
  [api.upgradeLogDefinition, ['UPGRADE'], []],
  [api.namespaceDefinition, ['Status', 'Age'], []],
  [api.configMapDefinition, ['Data', 'Age'], []],
  [api.secretDefinition, ['Type', 'Data', 'Age'], []],
  [api.resourceQuotaDefinition, ['Request', 'Limit', 'Age'], []],
  [api.limitRangeDefinition, ['Created At'], []],
  [
    api.persistentVolumeClaimDefinition,
    ['Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass', 'Age'],
    ['VolumeMode'],
  ],
  [
    api.persistentVolumeDefinition,
    ['Capacity', 'Access Modes', 'Reclaim Policy', 'Status', 'Claim', 'StorageClass', 'VolumeAttributesClass', 'Reason', 'Age'],
    ['VolumeMode'],
  ],
  [api.storageClassDefinition, ['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'], []],
  [api.serviceAccountDefinition, ['Secrets', 'Age'], []],
  [api.roleDefinition, ['Created At'], []],
  [api.clusterRoleDefinition, ['Created At'], []],
  [api.roleBindingDefinition, ['Role', 'Age'], ['Users', 'Groups', 'ServiceAccounts']],
  [api.clusterRoleBindingDefinition, ['Role', 'Age'], ['Users', 'Groups', 'ServiceAccounts']],
  [api.userDefinition, ['Groups', 'Ends', 'Age'], []],
  [api.serviceDefinition, ['Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age'], ['Selector']],
  [api.endpointsDefinition, ['Endpoints', 'Age'], []],
  [api.endpointSliceDefinition, ['AddressType', 'Ports', 'Endpoints', 'Age'], []],
  [api.leaseDefinition, ['Holder', 'Age'], []],
  [
    api.nodeDefinition,
    ['Status', 'Roles', 'Age', 'Version'],
    ['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'],
  ],
  [
    api.eventDefinition,
    ['Last Seen', 'Type', 'Reason', 'Object', 'Message'],
    ['Subobject', 'Source', 'First Seen', 'Count', 'Name'],
  ],
] as const)('kubectl get shows of each Kind what Kubernetes, KubeVirt and Harvester show', (definition, shown, wide) => {
  const names = (priority: 0 | 1) => definition.columns.filter((column) => column.priority === priority).map(({ name }) => name)
  expect(names(0)).toEqual(shown)
  expect(names(1)).toEqual(wide)
})
