import type {
  V1VirtualMachineInstanceReplicaSetSpec,
  V1VirtualMachineInstanceReplicaSetStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { deprecationWarnings } from '../../deprecation/find-deprecations.ts'
import type { ApiObject, Condition, LabelSelectorObject, ResourceDefinition, ScalePaths } from '../../meta/index.ts'
import { replicaColumns } from './replica-columns.ts'
import type { VirtualMachineInstanceTemplate } from './virtual-machine.ts'

export interface VirtualMachineInstanceReplicaSetSpec
  extends Omit<V1VirtualMachineInstanceReplicaSetSpec, 'selector' | 'template'> {
  selector: LabelSelectorObject
  template: VirtualMachineInstanceTemplate
}

export interface VirtualMachineInstanceReplicaSetStatus extends Omit<V1VirtualMachineInstanceReplicaSetStatus, 'conditions'> {
  conditions?: Condition[]
}

/** So many instances of one template, none of which is anything special. */
export interface VirtualMachineInstanceReplicaSet extends ApiObject {
  spec: VirtualMachineInstanceReplicaSetSpec
  status?: VirtualMachineInstanceReplicaSetStatus
}

/** KubeVirt's sets of machines keep them all in the same places. */
export const replicaScale: ScalePaths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.status.labelSelector',
}

export const virtualMachineInstanceReplicaSetDefinition: ResourceDefinition<VirtualMachineInstanceReplicaSet> = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstanceReplicaSet',
  listKind: 'VirtualMachineInstanceReplicaSetList',
  plural: 'virtualmachineinstancereplicasets',
  singular: 'virtualmachineinstancereplicaset',
  shortNames: ['vmirs', 'vmirss'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.kubevirt.v1.VirtualMachineInstanceReplicaSet',
  origin: 'custom',
  hasStatus: true,
  scale: replicaScale,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: replicaColumns('instances'),
  selectableFields: {},
  // Said in the object, so that its columns and its scale say it too.
  applyDefaults: ({ spec }: Partial<VirtualMachineInstanceReplicaSet>) => {
    if (spec !== undefined) spec.replicas ??= 1
  },
  warnings: deprecationWarnings,
}
