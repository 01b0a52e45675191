// What selectors look at of an object. Kept for each stored state as long as that is there, for watchers by the thousand look
// through the same collection; the object itself is too large for that.

import type { ResourceDefinition } from '@sheaf/api/meta'
import type { Encoded } from '../registry.ts'
import { objectOf } from '../stored-object.ts'

export interface Traits {
  labels: Readonly<Record<string, string>> | undefined
  /** By what field selectors call them. */
  fields: Readonly<Record<string, string>>
}

/** A Kind that is defined anew may let itself be selected otherwise. */
const known = new WeakMap<ResourceDefinition, WeakMap<Encoded, Traits>>()

export function traitsOf(definition: ResourceDefinition, encoded: Encoded): Traits {
  let ofKind = known.get(definition)
  if (ofKind === undefined) {
    ofKind = new WeakMap()
    known.set(definition, ofKind)
  }
  let traits = ofKind.get(encoded)
  if (traits === undefined) {
    traits = readTraits(definition, encoded)
    ofKind.set(encoded, traits)
  }
  return traits
}

function readTraits({ selectableFields }: ResourceDefinition, encoded: Encoded): Traits {
  const object = objectOf(encoded)
  const { labels, name = '', namespace = '' } = object.metadata
  const fields: Record<string, string> = { 'metadata.name': name, 'metadata.namespace': namespace }
  for (const field of Object.keys(selectableFields)) fields[field] = selectableFields[field]?.(object) ?? ''
  return { labels, fields }
}
