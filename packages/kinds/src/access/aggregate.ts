// The rules of a role that is put together from others. Pure.

import type { ClusterRole, PolicyRule } from '@sheaf/api'
import { type LabelSelectorObject, labelSelectorOf, matchesLabels, sameJson } from '@sheaf/api/meta'

/** In the order of names, each rule once: the same roles give the same rules. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map((each) => labelSelectorOf(each as LabelSelectorObject))
  const { name } = role.metadata
  const chosen = all
    .filter(({ metadata }) => metadata.name !== name && selectors.some((selector) => matchesLabels(selector, metadata.labels)))
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  const rules: PolicyRule[] = []
  for (const rule of chosen.flatMap((each) => each.rules ?? []))
    if (!rules.some((known) => sameJson(known, rule))) rules.push(rule)
  return rules
}
