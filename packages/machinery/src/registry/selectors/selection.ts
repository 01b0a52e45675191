// Which objects of a collection a reader asked for.

import { type ApiObject, type LabelSelector, matchesLabels, parseLabelSelector, type ResourceDefinition } from '@sheaf/api/meta'
import { checkFields, type FieldSelector, matchesFields, onlyValue, parseFieldSelector } from './field-selector.ts'

export interface Selection {
  /** Undefined when everything is selected: nothing needs to be looked into. */
  matches: ((object: ApiObject) => boolean) | undefined
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
    matches: matcherOf(definition, labels, fields),
    name: onlyValue(fields, 'metadata.name'),
    namespace: onlyValue(fields, 'metadata.namespace'),
  }
}

function matcherOf(definition: ResourceDefinition, labels: LabelSelector, fields: FieldSelector): Selection['matches'] {
  if (labels.length === 0 && fields.length === 0) return undefined
  return (object) => matchesLabels(labels, object.metadata.labels) && matchesFields(definition, fields, object)
}
