// Whether the owners that an object names are there.

import { type ApiObject, isNotFound, type ObjectKey, type OwnerReference } from '@sheaf/api/meta'
import { groupOf } from '@sheaf/machinery/controller'
import type { ServedResource } from '../served-resource.ts'
import type { CollectorWorld } from './collector-world.ts'
import { isWaitingForDependents, type Owner, type OwnerState } from './decide.ts'

export function ownersOf(object: ApiObject, world: CollectorWorld): Promise<Owner[]> {
  const references = object.metadata.ownerReferences ?? []
  return Promise.all(references.map(async (reference) => ({ reference, state: await stateOf(reference, object, world) })))
}

async function stateOf(reference: OwnerReference, dependent: ApiObject, world: CollectorWorld): Promise<OwnerState> {
  const resource = ownerResource(reference, world)
  // Nothing is known of what is not served here, and what is not known is not collected.
  if (resource === undefined) return 'solid'
  const namespace = dependent.metadata.namespace ?? ''
  if (resource.scope === 'Namespaced' && namespace === '') {
    // A cluster-scoped object cannot say in which namespace its owner is.
    warnOfNamespace(reference, dependent, world)
    return 'solid'
  }
  const key = { namespace: resource.scope === 'Namespaced' ? namespace : '', name: reference.name }
  const owner = await findOwner(resource, key, world)
  if (owner?.metadata.uid === reference.uid) return isWaitingForDependents(owner) ? 'waiting' : 'solid'
  if (world.graph.byUid(reference.uid) !== undefined) warnOfNamespace(reference, dependent, world)
  return 'absent'
}

function ownerResource({ apiVersion, kind }: OwnerReference, { resources }: CollectorWorld): ServedResource | undefined {
  return resources().find((resource) => resource.kind === kind && resource.group === groupOf(apiVersion))
}

/** The server is asked, not the graph: an owner that no informer has seen yet must not cost its dependents their life. */
async function findOwner(resource: ServedResource, key: ObjectKey, { client }: CollectorWorld): Promise<ApiObject | undefined> {
  try {
    return await client.resource(resource).get(key)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function warnOfNamespace(
  { apiVersion, kind, name, uid }: OwnerReference,
  dependent: ApiObject,
  { events }: CollectorWorld,
): void {
  const namespace = dependent.metadata.namespace ?? ''
  const reference = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
  const message = `ownerRef ${reference} does not exist in namespace "${namespace}"`
  events.record(dependent, { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message })
}
