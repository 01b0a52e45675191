// Which objects of a collection a reader asked for.

import { type LabelSelector, matchesLabels, parseLabelSelector, type ResourceDefinition } from '@sheaf/api/meta'
import { checkFields, type FieldSelector, matchesFields, onlyValue, parseFieldSelector } from './field-selector.ts'
import type { Traits } from './traits.ts'

export interface Selection {
  /** Undefined when everything is selected: nothing needs to be looked into. */
  matches: ((traits: Traits) => boolean) | undefined
  /** The only name that can match, if there is one. */
  name: string | undefined
  namespace: string | undefined
}

/** Throws BadRequest for texts that are no selectors, or name a field that this resource cannot be selected by. */
export function selectionOf(definition: ResourceDefinition, labelSelector: string, fieldSelector: string): Selection {
  const labels = parseLabelSelector(labelSelector)
  const fields = parseFieldSelector(fieldSelector)
  checkFields(definition, fields)
  return {
    matches: matcherOf(labels, fields),
    name: onlyValue(fields, 'metadata.name'),
    namespace: onlyValue(fields, 'metadata.namespace'),
  }
}

function matcherOf(labels: LabelSelector, fields: FieldSelector): Selection['matches'] {
  if (labels.length === 0 && fields.length === 0) return undefined
  return (traits) => matchesLabels(labels, traits.labels) && matchesFields(fields, traits.fields)
}
