import type {
  V1beta1VirtualMachinePoolScaleInStrategy,
  V1beta1VirtualMachinePoolSelectionPolicy,
  V1beta1VirtualMachinePoolSelectors,
  V1beta1VirtualMachinePoolSpec,
  V1beta1VirtualMachinePoolStatus,
  V1beta1VirtualMachinePoolUpdateStrategy,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { deprecationWarnings } from '../../deprecation/find-deprecations.ts'
import { replicaColumns } from '../../kubevirt.io/v1/replica-columns.ts'
import type { VirtualMachineSpec } from '../../kubevirt.io/v1/virtual-machine.ts'
import { replicaScale } from '../../kubevirt.io/v1/virtual-machine-instance-replica-set.ts'
import type { ApiObject, Condition, LabelSelectorObject, ObjectMeta, ResourceDefinition } from '../../meta/index.ts'

export interface VirtualMachinePoolTemplate {
  metadata?: ObjectMeta | null
  spec: VirtualMachineSpec
}

export type VirtualMachinePoolScaleInStrategy = V1beta1VirtualMachinePoolScaleInStrategy
export type VirtualMachinePoolUpdateStrategy = V1beta1VirtualMachinePoolUpdateStrategy
export type VirtualMachinePoolSelectionPolicy = V1beta1VirtualMachinePoolSelectionPolicy
export type VirtualMachinePoolSelectors = V1beta1VirtualMachinePoolSelectors

export interface VirtualMachinePoolSpec
  extends Omit<V1beta1VirtualMachinePoolSpec, 'selector' | 'virtualMachineTemplate' | 'maxUnavailable'> {
  selector: LabelSelectorObject
  virtualMachineTemplate: VirtualMachinePoolTemplate
  /** A number, or a percentage of the replicas. */
  maxUnavailable?: string | number
}

export interface VirtualMachinePoolStatus extends Omit<V1beta1VirtualMachinePoolStatus, 'conditions'> {
  conditions?: Condition[]
}

/** So many virtual machines of one template, each with a number of its own. */
export interface VirtualMachinePool extends ApiObject {
  spec: VirtualMachinePoolSpec
  status?: VirtualMachinePoolStatus
}

export const virtualMachinePoolDefinition: ResourceDefinition<VirtualMachinePool> = {
  group: 'pool.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachinePool',
  listKind: 'VirtualMachinePoolList',
  plural: 'virtualmachinepools',
  singular: 'virtualmachinepool',
  shortNames: ['vmpool', 'vmpools'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.pool.v1beta1.VirtualMachinePool',
  origin: 'custom',
  hasStatus: true,
  scale: replicaScale,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: replicaColumns('virtual machines'),
  selectableFields: {},
  applyDefaults: ({ spec }: Partial<VirtualMachinePool>) => {
    if (spec !== undefined) spec.replicas ??= 1
  },
  warnings: deprecationWarnings,
}
