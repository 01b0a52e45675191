import type {
  V1VirtualMachineSpec,
  V1VirtualMachineStartFailure,
  V1VirtualMachineStateChangeRequest,
  V1VirtualMachineStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { deprecationWarnings } from '../../deprecation/find-deprecations.ts'
import { type ApiObject, ageColumn, type Condition, type ObjectMeta, type ResourceDefinition } from '../../meta/index.ts'
import { conditionColumn } from './condition-column.ts'
import type { VirtualMachineInstanceSpec } from './virtual-machine-instance-spec.ts'

export interface VirtualMachineInstanceTemplate {
  metadata?: ObjectMeta | null
  spec: VirtualMachineInstanceSpec
}

export interface VirtualMachineSpec extends Omit<V1VirtualMachineSpec, 'template'> {
  template: VirtualMachineInstanceTemplate
}

/** What `kubectl get vm` says a machine does; the first that fits, in this order. */
export const printableStatuses = [
  'Terminating',
  'Stopping',
  'Migrating',
  'Paused',
  'Running',
  'ErrorPvcNotFound',
  'DataVolumeError',
  'ErrorUnschedulable',
  'Provisioning',
  'WaitingForVolumeBinding',
  'ErrImagePull',
  'ImagePullBackOff',
  'Starting',
  'CrashLoopBackOff',
  'Stopped',
  'WaitingForReceiver',
  'Unknown',
] as const
export type PrintableStatus = (typeof printableStatuses)[number]

/** A wish of the start, stop and restart actions, until it is fulfilled. */
export type VirtualMachineStateChangeRequest = V1VirtualMachineStateChangeRequest

/** How often the machine failed to start in a row, and when to try again. */
export type VirtualMachineStartFailure = V1VirtualMachineStartFailure

export interface VirtualMachineStatus
  extends Omit<V1VirtualMachineStatus, 'conditions' | 'printableStatus' | 'startFailure' | 'memoryDumpRequest'> {
  conditions?: Condition[]
  printableStatus?: PrintableStatus
  startFailure?: VirtualMachineStartFailure
  memoryDumpRequest?: NonNullable<V1VirtualMachineStatus['memoryDumpRequest']>
}

/** A machine that is there whether it runs or not. */
export interface VirtualMachine extends ApiObject {
  spec: VirtualMachineSpec
  status?: VirtualMachineStatus
}

export const virtualMachineDefinition: ResourceDefinition<VirtualMachine> = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachine',
  listKind: 'VirtualMachineList',
  plural: 'virtualmachines',
  singular: 'virtualmachine',
  shortNames: ['vm', 'vms'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.v1.VirtualMachine',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    ageColumn,
    {
      name: 'Status',
      type: 'string',
      description: 'What it does, in one word.',
      priority: 0,
      cell: (machine) => machine.status?.printableStatus,
    },
    conditionColumn('Ready', 'Ready', 0, 'Whether it runs and can be used.'),
  ],
  selectableFields: {},
  warnings: deprecationWarnings,
}
