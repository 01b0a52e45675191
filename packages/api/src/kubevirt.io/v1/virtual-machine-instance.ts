import type { V1VirtualMachineInstanceStatus } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import {
  type ApiObject,
  ageColumn,
  type Column,
  type Condition,
  type QuantityText,
  type ResourceDefinition,
} from '../../meta/index.ts'
import { conditionColumn } from './condition-column.ts'
import type { VirtualMachineInstanceSpec } from './virtual-machine-instance-spec.ts'

export const virtualMachineInstancePhases = [
  'Pending',
  'Scheduling',
  'Scheduled',
  'Running',
  'Succeeded',
  'Failed',
  'WaitingForSync',
  'Unknown',
] as const
export type VirtualMachineInstancePhase = (typeof virtualMachineInstancePhases)[number]

/** What the guest was given at its start, has now, and is to have. */
export interface MemoryStatus {
  guestAtBoot?: QuantityText
  guestCurrent?: QuantityText
  guestRequested?: QuantityText
  memoryOverhead?: QuantityText
}

export interface VirtualMachineInstanceStatus
  extends Omit<V1VirtualMachineInstanceStatus, 'conditions' | 'memory' | 'phase' | 'vSOCKCID'> {
  conditions?: Condition[]
  memory?: MemoryStatus
  phase?: VirtualMachineInstancePhase
  VSOCKCID?: number
}

/** One run of a machine. */
export interface VirtualMachineInstance extends ApiObject {
  spec: VirtualMachineInstanceSpec
  status?: VirtualMachineInstanceStatus
}

/** It has ended, one way or the other, and will not run again. */
export function isFinal(instance: VirtualMachineInstance): boolean {
  return instance.status?.phase === 'Succeeded' || instance.status?.phase === 'Failed'
}

/** Whether its guest was ever started. */
export function hasRun(instance: VirtualMachineInstance): boolean {
  return instance.status?.phaseTransitionTimestamps?.some((transition) => transition.phase === 'Running') ?? false
}

const phaseColumn: Column<VirtualMachineInstance> = {
  name: 'Phase',
  type: 'string',
  description: 'How far it is on its way from pending to ended.',
  priority: 0,
  cell: (instance) => instance.status?.phase,
}
const addressColumn: Column<VirtualMachineInstance> = {
  name: 'IP',
  type: 'string',
  description: 'The address of its first interface.',
  priority: 0,
  cell: (instance) => instance.status?.interfaces?.[0]?.ipAddress,
}
const nodeColumn: Column<VirtualMachineInstance> = {
  name: 'NodeName',
  type: 'string',
  description: 'The machine that it runs on.',
  priority: 0,
  cell: (instance) => instance.status?.nodeName,
}

export const virtualMachineInstanceDefinition: ResourceDefinition<VirtualMachineInstance> = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstance',
  listKind: 'VirtualMachineInstanceList',
  plural: 'virtualmachineinstances',
  singular: 'virtualmachineinstance',
  shortNames: ['vmi', 'vmis'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.v1.VirtualMachineInstance',
  origin: 'custom',
  // As in KubeVirt: its status is written with the object, and admission keeps other writers out.
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    ageColumn,
    phaseColumn,
    addressColumn,
    nodeColumn,
    conditionColumn('Ready', 'Ready', 0, 'Whether it runs and can be used.'),
    conditionColumn('Live-Migratable', 'LiveMigratable', 1, 'Whether it can move to another machine while it runs.'),
    conditionColumn('Paused', 'Paused', 1, 'Whether it stands still.'),
  ],
  selectableFields: {},
}
