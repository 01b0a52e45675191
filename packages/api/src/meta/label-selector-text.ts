import type { LabelSelectorObject } from './label-selector.ts'

/** A selector as it stands in a URL, in the one form that Kubernetes writes: by key, values by alphabet. */
export function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelectorObject): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  const expressions = matchExpressions.map((each) => ({ key: each.key, text: expressionText(each) }))
  return [...labels, ...expressions]
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',')
}

function expressionText({ key, operator, values = [] }: NonNullable<LabelSelectorObject['matchExpressions']>[number]): string {
  if (operator === 'Exists') return key
  if (operator === 'DoesNotExist') return `!${key}`
  return `${key} ${operator.toLowerCase()} (${values.toSorted().join(',')})`
}
