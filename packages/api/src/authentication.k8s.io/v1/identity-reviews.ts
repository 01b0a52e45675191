// The questions who somebody is.

import type {
  IoK8sApiAuthenticationV1SelfSubjectReviewStatus,
  IoK8sApiAuthenticationV1TokenRequestSpec,
  IoK8sApiAuthenticationV1TokenRequestStatus,
  IoK8sApiAuthenticationV1TokenReviewSpec,
  IoK8sApiAuthenticationV1TokenReviewStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type ApiObject, reviewDefinition } from '../../meta/index.ts'

export const authenticationGroup = 'authentication.k8s.io'

/** Whose token is this? */
export interface TokenReview extends ApiObject {
  spec: IoK8sApiAuthenticationV1TokenReviewSpec
  status?: IoK8sApiAuthenticationV1TokenReviewStatus
}

/** Who is the one who asks? */
export interface SelfSubjectReview extends ApiObject {
  status?: IoK8sApiAuthenticationV1SelfSubjectReviewStatus
}

/** Asks for a token of a ServiceAccount, at `…/serviceaccounts/NAME/token`. */
export interface TokenRequest extends ApiObject {
  spec: IoK8sApiAuthenticationV1TokenRequestSpec
  status?: IoK8sApiAuthenticationV1TokenRequestStatus
}

export const tokenReviewDefinition = reviewDefinition<TokenReview>({
  group: authenticationGroup,
  kind: 'TokenReview',
  plural: 'tokenreviews',
  scope: 'Cluster',
  schemaName: 'io.k8s.api.authentication.v1.TokenReview',
})

export const selfSubjectReviewDefinition = reviewDefinition<SelfSubjectReview>({
  group: authenticationGroup,
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  scope: 'Cluster',
  schemaName: 'io.k8s.api.authentication.v1.SelfSubjectReview',
})
