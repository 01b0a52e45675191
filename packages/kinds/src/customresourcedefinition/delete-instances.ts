// Deletes all objects of a custom resource, through the door that everybody uses: their finalizers are waited for.

import type { CustomResourceDefinition } from '@sheaf/api'
import type { ResourceClient, ResourceName } from '@sheaf/api/client'
import { type ApiObject, isBeingDeleted, isConflict, isNotFound, keyOf } from '@sheaf/api/meta'
import type { Ports } from '../ports.ts'

/** A page of objects: large enough to be quick, small enough to keep their texts out of memory. */
const pageSize = 500

/** Answers how many are left. */
export async function deleteInstances(definition: CustomResourceDefinition, { client }: Ports): Promise<number> {
  const resource = resourceOf(definition)
  if (resource === undefined) return 0
  const objects = client.resource(resource)
  try {
    for (const object of await listAll(objects)) if (!isBeingDeleted(object)) await deleteOne(objects, object)
    return (await listAll(objects)).length
  } catch (error) {
    // It was never served: nothing can have been stored.
    if (isNotFound(error)) return 0
    throw error
  }
}

/** In the version that objects are stored in, which is served until the end. */
function resourceOf({ spec, status }: CustomResourceDefinition): ResourceName | undefined {
  const { group, scope, versions } = spec
  const version = versions.find(({ storage }) => storage)?.name
  const { plural, kind } = status?.acceptedNames ?? spec.names
  return version === undefined || plural === '' ? undefined : { group, version, plural, kind, scope }
}

async function listAll(objects: ResourceClient<ApiObject>): Promise<ApiObject[]> {
  const found: ApiObject[] = []
  let token: string | undefined
  do {
    const page = await objects.list({ limit: pageSize, ...(token === undefined ? {} : { continue: token }) })
    for (const { apiVersion, kind, metadata } of page.items) found.push({ apiVersion, kind, metadata })
    token = page.metadata.continue
  } while (token)
  return found
}

async function deleteOne(objects: ResourceClient<ApiObject>, object: ApiObject): Promise<void> {
  const { uid } = object.metadata
  try {
    await objects.delete(keyOf(object), {
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    })
  } catch (error) {
    // Somebody else was quicker.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
