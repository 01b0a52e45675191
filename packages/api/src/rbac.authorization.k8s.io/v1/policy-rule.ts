// What a rule may say, with Kubernetes' texts. Pure.

import type { IoK8sApiRbacV1PolicyRule } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type FieldError, invalid, required } from '../../meta/index.ts'

/** Verbs on resources, or on paths that are no resources. */
export type PolicyRule = IoK8sApiRbacV1PolicyRule

export const rbacGroup = 'rbac.authorization.k8s.io'

/** Everything, to whoever has a word for it in a rule. */
export const anything = '*'

export function validateRules(rules: readonly PolicyRule[], isNamespaced: boolean): FieldError[] {
  return rules.flatMap((rule, index) => validateRule(rule, `rules[${index}]`, isNamespaced))
}

function validateRule(rule: PolicyRule, field: string, isNamespaced: boolean): FieldError[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const errors = verbs.length > 0 ? [] : [required(`${field}.verbs`, 'verbs must contain at least one value')]
  if (nonResourceURLs.length > 0) {
    const refuse = (why: string): FieldError => invalid(`${field}.nonResourceURLs`, nonResourceURLs, why)
    if (isNamespaced) errors.push(refuse('namespaced rules cannot apply to non-resource URLs'))
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0)
      errors.push(refuse('rules cannot apply to both regular resources and non-resource URLs'))
    return errors
  }
  if (apiGroups.length === 0) errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (resources.length === 0) errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  return errors
}
