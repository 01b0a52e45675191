// The Kinds around a virtual machine: sets of machines, and the two that are served only to be refused with reasons.

import type { JsonSchema } from '../meta/schema.ts'
import { anything, atomicList, int32, intOrString, nullableTime, type SchemaOverlay } from './definition-overlay.ts'

/** KubeVirt states the minimum for pools only; a set of less than nothing makes no sense in either. */
const replicas = (what: string): JsonSchema => ({
  ...int32,
  minimum: 0,
  description: `How many ${what} there are to be: 1 by default.`,
})
const conditionTimes = { lastProbeTime: nullableTime, lastTransitionTime: nullableTime }
const counts = { replicas: int32, readyReplicas: int32 }
const statePreservation = { enum: ['Disabled', 'Offline', 'Online'] }

export const machineSets: SchemaOverlay = {
  'io.kubevirt.v1.VirtualMachineInstanceReplicaSetSpec': {
    properties: {
      replicas: replicas('instances'),
      paused: { description: 'Nothing is created or deleted while this is true.' },
      selector: {
        description: 'Which instances belong to the set; it must match the labels of the template, and cannot be changed.',
      },
    },
  },
  'io.kubevirt.v1.VirtualMachineInstanceReplicaSetStatus': { nullable: true, properties: counts },
  'io.kubevirt.v1.VirtualMachineInstanceReplicaSetCondition': { missing: conditionTimes },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolSpec': {
    properties: {
      maxUnavailable: intOrString,
      replicas: replicas('virtual machines'),
      selector: { description: 'Which VMs belong to the pool; it must match the labels of the template, and cannot be changed.' },
    },
  },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolStatus': { properties: { ...counts, conditions: atomicList } },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolCondition': { missing: conditionTimes },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolAutohealingStrategy': {
    properties: { startUpFailureThreshold: { ...int32, minimum: 1 } },
  },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolSelectionPolicy': {
    properties: { sortPolicy: { enum: ['AscendingOrder', 'DescendingOrder', 'Newest', 'Oldest', 'Random'] } },
  },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolOpportunisticScaleInStrategy': { properties: { statePreservation } },
  'io.kubevirt.pool.v1beta1.VirtualMachinePoolProactiveScaleInStrategy': { properties: { statePreservation } },
  // A template without a spec makes nothing; KubeVirt takes it, and fails when it makes the VM.
  'io.kubevirt.pool.v1beta1.VirtualMachineTemplateSpec': {
    required: ['spec'],
    properties: { metadata: { ...anything, nullable: true } },
  },
  'io.kubevirt.v1.VirtualMachineInstanceMigrationCondition': { missing: conditionTimes },
}
