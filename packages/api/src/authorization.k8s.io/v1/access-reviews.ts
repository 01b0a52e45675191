// The questions whether somebody may do something.

import type {
  IoK8sApiAuthorizationV1SelfSubjectAccessReviewSpec,
  IoK8sApiAuthorizationV1SelfSubjectRulesReviewSpec,
  IoK8sApiAuthorizationV1SubjectAccessReviewSpec,
  IoK8sApiAuthorizationV1SubjectAccessReviewStatus,
  IoK8sApiAuthorizationV1SubjectRulesReviewStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type ApiObject, type FieldError, invalid, required, reviewDefinition } from '../../meta/index.ts'

const group = 'authorization.k8s.io'

/** May the one who asks do this? */
export interface SelfSubjectAccessReview extends ApiObject {
  spec: IoK8sApiAuthorizationV1SelfSubjectAccessReviewSpec
  status?: IoK8sApiAuthorizationV1SubjectAccessReviewStatus
}

/** May the one who is named do this? */
export interface SubjectAccessReview extends ApiObject {
  spec: IoK8sApiAuthorizationV1SubjectAccessReviewSpec
  status?: IoK8sApiAuthorizationV1SubjectAccessReviewStatus
}

/** The same within one namespace, so that those who are at home there may ask. */
export interface LocalSubjectAccessReview extends SubjectAccessReview {}

/** What may the one who asks do in a namespace? */
export interface SelfSubjectRulesReview extends ApiObject {
  spec: IoK8sApiAuthorizationV1SelfSubjectRulesReviewSpec
  status?: IoK8sApiAuthorizationV1SubjectRulesReviewStatus
}

type Asked = Pick<IoK8sApiAuthorizationV1SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>

function validateAsked({ resourceAttributes, nonResourceAttributes }: Asked): FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined)
    return [
      invalid('spec.nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'),
    ]
  if (resourceAttributes === undefined && nonResourceAttributes === undefined)
    return [
      invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'),
    ]
  return []
}

function validateNamed(spec: SubjectAccessReview['spec']): FieldError[] {
  const isNobody = (spec.user ?? '') === '' && (spec.groups ?? []).length === 0
  return [
    ...validateAsked(spec),
    ...(isNobody ? [invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified')] : []),
  ]
}

function validateLocal({ spec, metadata }: LocalSubjectAccessReview): FieldError[] {
  const { resourceAttributes } = spec
  const wanted = `must match metadata.namespace`
  return [
    ...validateNamed(spec),
    ...(resourceAttributes !== undefined && resourceAttributes.namespace !== metadata.namespace
      ? [invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', wanted)]
      : []),
    ...(spec.nonResourceAttributes === undefined
      ? []
      : [invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request')]),
  ]
}

export const selfSubjectAccessReviewDefinition = reviewDefinition<SelfSubjectAccessReview>(
  {
    group,
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    scope: 'Cluster',
    schemaName: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  },
  ({ spec }) => validateAsked(spec),
)

export const subjectAccessReviewDefinition = reviewDefinition<SubjectAccessReview>(
  {
    group,
    kind: 'SubjectAccessReview',
    plural: 'subjectaccessreviews',
    scope: 'Cluster',
    schemaName: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  },
  ({ spec }) => validateNamed(spec),
)

export const localSubjectAccessReviewDefinition = reviewDefinition<LocalSubjectAccessReview>(
  {
    group,
    kind: 'LocalSubjectAccessReview',
    plural: 'localsubjectaccessreviews',
    scope: 'Namespaced',
    schemaName: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  },
  validateLocal,
)

export const selfSubjectRulesReviewDefinition = reviewDefinition<SelfSubjectRulesReview>(
  {
    group,
    kind: 'SelfSubjectRulesReview',
    plural: 'selfsubjectrulesreviews',
    scope: 'Cluster',
    schemaName: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  },
  ({ spec }) => ((spec.namespace ?? '') === '' ? [required('spec.namespace', 'no namespace on request')] : []),
)
