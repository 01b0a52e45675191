import type {
  V1VirtualMachineInstanceMigrationSpec,
  V1VirtualMachineInstanceMigrationStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { ApiObject, ResourceDefinition } from '../../meta/index.ts'

/** The wish to move an instance to another node while it runs. */
export interface VirtualMachineInstanceMigration extends ApiObject {
  spec: V1VirtualMachineInstanceMigrationSpec
  status?: V1VirtualMachineInstanceMigrationStatus
}

export const virtualMachineInstanceMigrationDefinition: ResourceDefinition<VirtualMachineInstanceMigration> = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstanceMigration',
  listKind: 'VirtualMachineInstanceMigrationList',
  plural: 'virtualmachineinstancemigrations',
  singular: 'virtualmachineinstancemigration',
  shortNames: ['vmim', 'vmims'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.v1.VirtualMachineInstanceMigration',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Phase',
      type: 'string',
      description: 'How far it is on its way from pending to ended.',
      priority: 0,
      cell: (migration) => migration.status?.phase,
    },
    {
      name: 'VMI',
      type: 'string',
      description: 'The instance that is to move.',
      priority: 0,
      cell: (migration) => migration.spec.vmiName,
    },
  ],
  selectableFields: {},
}
