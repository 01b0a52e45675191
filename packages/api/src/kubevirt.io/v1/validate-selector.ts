// What a set of machines says of its members: the labels that its template gives them are those it finds them by.

import { type FieldError, type LabelSelectorObject, labelSelectorOf, matchesLabels } from '../../meta/index.ts'
import { invalid, when } from './validation/rule.ts'

/** `old` is the selector that is stored: whoever changed it would lose the members and leave them to nobody. */
export function validateSelector(
  selector: LabelSelectorObject,
  labels: Readonly<Record<string, string>> | undefined,
  old: LabelSelectorObject | undefined,
): FieldError[] {
  const isChanged = old !== undefined && canonical(selector) !== canonical(old)
  return [
    ...validateMatch(selector, labels),
    ...when(isChanged, () => invalid('spec.selector', 'selector is immutable after creation.')),
  ]
}

function validateMatch(selector: LabelSelectorObject, labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  try {
    const matches = matchesLabels(labelSelectorOf(selector), labels)
    return when(!matches, () => invalid('spec.selector', 'selector does not match labels.'))
  } catch (error) {
    return [invalid('spec.selector', error instanceof Error ? error.message : String(error))]
  }
}

/** Two that say the same in another order are the same. */
function canonical({ matchLabels = {}, matchExpressions = [] }: LabelSelectorObject): string {
  const labels = Object.entries(matchLabels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([labels, matchExpressions.map(({ key, operator, values = [] }) => [key, operator, values])])
}
