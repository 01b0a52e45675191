// The stored form of an object and the form in which a resource shows it. They are the same for what is served in one
// version by a schema that does not change. Where several versions are served, an object is stored in one of them; where
// the schema has changed since, what it no longer knows is gone for readers, and what it has come to fill in is there.

import { type ApiObject, apiVersionOf, type JsonObject, type ResourceDefinition, type SchemaDefinitions } from '@sheaf/api/meta'
import { checkStructure } from '../schema/structural.ts'
import type { Encoded, Resource, ShownForm } from './registry.ts'
import { encodeObject } from './stored-object.ts'

/** The entry as readers of this resource see it. */
export function shown<E extends Encoded>({ shown }: Resource, entry: E): E {
  return shown === undefined ? entry : shown(entry)
}

/** The object as it is to lie in the store. */
export function storedForm({ definition, stored }: Resource, object: ApiObject): ApiObject {
  if (stored !== undefined) return stored(object)
  const { storageVersion } = definition
  return storageVersion === undefined ? object : { ...object, apiVersion: apiVersionIn(definition, storageVersion) }
}

/** Whether an entry was written in the version that is stored now. */
export function isInStoredForm({ definition }: Resource, { text }: Encoded): boolean {
  const { storageVersion } = definition
  return (
    storageVersion === undefined || text.startsWith(`{"apiVersion":${JSON.stringify(apiVersionIn(definition, storageVersion))},`)
  )
}

const apiVersionIn = ({ group }: ResourceDefinition, version: string): string => apiVersionOf({ group, version })

/** The form of a Kind with a schema of its own. */
export function shownFormOf(resource: Resource, schemas: SchemaDefinitions): ShownForm {
  return formedOnce((object) => {
    object.apiVersion = apiVersionOf(resource.definition)
    // JSON by origin; the findings were told when it was written.
    if (resource.schema !== undefined) checkStructure(resource.schema, schemas, object as unknown as JsonObject)
    return object
  })
}

/** Each entry is brought into its form once. `form` is given an object of its own. */
export function formedOnce(form: (object: ApiObject) => ApiObject): ShownForm {
  const forms = new WeakMap<Encoded, Encoded>()
  return <E extends Encoded>(entry: E): E => {
    let formed = forms.get(entry)
    if (formed === undefined) {
      formed = inForm(form, entry)
      forms.set(entry, formed)
    }
    // Made of this very entry.
    return formed as E
  }
}

function inForm<E extends Encoded>(form: (object: ApiObject) => ApiObject, entry: E): E {
  // What is stored was encoded from an object that had passed admission.
  const object = form(JSON.parse(entry.text) as ApiObject)
  const text = encodeObject(object)(Number(object.metadata.resourceVersion ?? 0))
  return text === entry.text ? entry : { ...entry, text }
}
