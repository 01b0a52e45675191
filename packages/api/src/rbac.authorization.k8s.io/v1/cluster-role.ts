import type { IoK8sApiRbacV1AggregationRule } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  createdAtColumn,
  type FieldError,
  invalid,
  type LabelSelectorObject,
  labelSelectorOf,
  required,
  type ResourceDefinition,
} from '../../meta/index.ts'
import { type PolicyRule, rbacGroup, validateRules } from './policy-rule.ts'

/** What may be done everywhere, or inside the namespace of the binding that gives it. */
export interface ClusterRole extends ApiObject {
  rules?: PolicyRule[] | null
  /** Whose rules are put together for its own; the controller writes those. */
  aggregationRule?: IoK8sApiRbacV1AggregationRule
}

export const clusterRoleDefinition: ResourceDefinition<ClusterRole> = {
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRole',
  listKind: 'ClusterRoleList',
  plural: 'clusterroles',
  singular: 'clusterrole',
  shortNames: [],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.rbac.v1.ClusterRole',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'path-segment',
  withoutVerbs: [],
  columns: [createdAtColumn],
  selectableFields: {},
  validate: ({ rules, aggregationRule }) => [...validateRules(rules ?? [], false), ...validateAggregation(aggregationRule)],
}

function validateAggregation(aggregation: ClusterRole['aggregationRule']): FieldError[] {
  if (aggregation === undefined) return []
  const field = 'aggregationRule.clusterRoleSelectors'
  const selectors = aggregation.clusterRoleSelectors ?? []
  if (selectors.length === 0) return [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return selectors.flatMap((selector, index) => {
    try {
      labelSelectorOf(selector as LabelSelectorObject)
      return []
    } catch (error) {
      return [invalid(`${field}[${index}]`, selector, error instanceof Error ? error.message : String(error))]
    }
  })
}
