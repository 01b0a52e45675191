import type { IoK8sApiSchedulingV1PriorityClass } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  type ResourceDefinition,
} from '../../meta/index.ts'

type Fields = Pick<IoK8sApiSchedulingV1PriorityClass, 'value' | 'globalDefault' | 'preemptionPolicy' | 'description'>

/** A name for how much a machine matters beside others. */
export interface PriorityClass extends ApiObject, Fields {}

const preemptionPolicies = ['PreemptLowerPriority', 'Never']

/** Above it begins what belongs to the system. */
const highestOfUsers = 1_000_000_000
const systemPrefix = 'system-'

/** What Kubernetes brings along, and nobody else may name so. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  systemClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  systemClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]

function systemClass(name: string, value: number, description: string): PriorityClass {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description }
}

export const isSystemPriorityClass = (name: string): boolean =>
  systemPriorityClasses.some(({ metadata }) => metadata.name === name)

export const priorityClassDefinition: ResourceDefinition<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  listKind: 'PriorityClassList',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.scheduling.v1.PriorityClass',
  origin: 'native',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    { name: 'Value', type: 'integer', description: 'The higher, the more it matters.', priority: 0, cell: ({ value }) => value },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether it is meant for those who name none.',
      priority: 0,
      cell: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn,
    {
      name: 'PreemptionPolicy',
      type: 'string',
      description: 'Whether others may be ended in its favour.',
      priority: 0,
      cell: ({ preemptionPolicy }) => preemptionPolicy,
    },
  ],
  selectableFields: {},
  applyDefaults: (priorityClass) => {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  validate: (priorityClass, old) => [
    ...validateRank(priorityClass),
    ...validatePolicy(priorityClass),
    ...(old === undefined ? [] : validateUnchanged(priorityClass, old)),
  ],
}

function validateRank({ metadata: { name = '' }, value, globalDefault }: PriorityClass): FieldError[] {
  if (name.startsWith(systemPrefix)) {
    const why = systemTrouble(name, value, globalDefault)
    const reserved = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${why}`
    return why === undefined ? [] : [forbidden('metadata.name', reserved)]
  }
  const tooHigh = `maximum allowed value of a user defined priority is ${highestOfUsers}`
  return value > highestOfUsers ? [forbidden('value', tooHigh)] : []
}

function systemTrouble(name: string, value: number, globalDefault = false): string | undefined {
  const known = systemPriorityClasses.find(({ metadata }) => metadata.name === name)
  if (known === undefined) return `${name} is not a known system priority class`
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

function validatePolicy({ preemptionPolicy = '' }: PriorityClass): FieldError[] {
  return preemptionPolicies.includes(preemptionPolicy)
    ? []
    : [notSupported('preemptionPolicy', preemptionPolicy, preemptionPolicies)]
}

/** Whoever was given its place would have to be given another. */
function validateUnchanged({ value, preemptionPolicy }: PriorityClass, old: PriorityClass): FieldError[] {
  return [
    ...(value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...(preemptionPolicy === old.preemptionPolicy ? [] : [invalid('preemptionPolicy', preemptionPolicy, 'field is immutable')]),
  ]
}
