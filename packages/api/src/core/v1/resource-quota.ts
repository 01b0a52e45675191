import type { IoK8sApiCoreV1ResourceQuotaSpec } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type FieldError,
  forbidden,
  formatQuantity,
  invalid,
  parseQuantity,
  type ResourceDefinition,
} from '../../meta/index.ts'

export interface ResourceQuotaStatus {
  /** What was allowed when it was last counted. */
  hard?: Record<string, string>
  /** What is there of each. */
  used?: Record<string, string>
}

/** How much there may be in a namespace. */
export interface ResourceQuota extends ApiObject {
  spec?: IoK8sApiCoreV1ResourceQuotaSpec
  status?: ResourceQuotaStatus
}

export const resourceQuotaDefinition: ResourceDefinition<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  listKind: 'ResourceQuotaList',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.ResourceQuota',
  origin: 'native',
  hasStatus: true,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Request',
      type: 'string',
      description: 'What is used of what may be requested.',
      priority: 0,
      cell: (quota) => shares(quota, (name) => !name.startsWith('limits.')),
    },
    {
      name: 'Limit',
      type: 'string',
      description: 'What is used of what the limits may add up to.',
      priority: 0,
      cell: (quota) => shares(quota, (name) => name.startsWith('limits.')),
    },
    ageColumn,
  ],
  selectableFields: {},
  validate,
}

/** `requests.memory: 1Gi/4Gi, …` */
function shares({ status: { hard = {}, used = {} } = {} }: ResourceQuota, isShown: (name: string) => boolean): string {
  const names = Object.keys(hard).filter(isShown).toSorted()
  return names.map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`).join(', ')
}

function validate({ spec }: ResourceQuota): FieldError[] {
  const amounts = Object.entries(spec?.hard ?? {}).flatMap(([name, text]) => {
    const quantity = parseQuantity(text)
    if (quantity === undefined) return [invalid(`spec.hard[${name}]`, text, 'must be a quantity, such as 4Gi or 10')]
    if (quantity.nano >= 0n) return []
    return [invalid(`spec.hard[${name}]`, formatQuantity(quantity), 'must be greater than or equal to 0')]
  })
  // They tell Pods apart, of which there are none.
  const scopes = (['scopes', 'scopeSelector'] as const).filter((field) => spec?.[field] !== undefined)
  return [...amounts, ...scopes.map((field) => forbidden(`spec.${field}`, 'quotas here count everything in their namespace'))]
}
