// Takes away what belongs to nobody any more, and carries out the two ways of deletion that concern dependents:
// foreground (they go first) and orphan (they live on). One step for one object; its effect brings the next.

import type { ResourceClient } from '@sheaf/api/client'
import { type ApiObject, isNotFound, type Json, keyOf, type ObjectKey, type OwnerReference } from '@sheaf/api/meta'
import { done, type Result } from '@sheaf/machinery/controller'
import type { ServedResource } from '../served-resource.ts'
import type { CollectorWorld } from './collector-world.ts'
import { blocks, decide, dependsOn, foregroundFinalizer, orphanFinalizer, type Step } from './decide.ts'
import type { GraphObject } from './dependency-graph.ts'
import { ownersOf } from './owners.ts'

export async function reconcileGarbage(resource: ServedResource, key: ObjectKey, world: CollectorWorld): Promise<Result> {
  const collection = world.client.resource(resource)
  const object = await collection.find(key)
  if (object === undefined) return done
  const uid = object.metadata.uid ?? ''
  const dependents = world.graph.dependentsOf(uid).map((dependent) => dependent.object)
  const step = decide(object, await ownersOf(object, world), dependents)
  try {
    await act(step, object, collection, world)
  } catch (error) {
    // Gone meanwhile: just as well.
    if (!isNotFound(error)) throw error
  }
  return done
}

async function act(step: Step, object: ApiObject, collection: ResourceClient<ApiObject>, world: CollectorWorld): Promise<void> {
  const { uid = '', resourceVersion } = object.metadata
  switch (step.kind) {
    case 'none':
      return
    case 'delete': {
      // Decided on this state of it: if somebody has adopted it meanwhile, the decision is void.
      const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
      return collection.delete(keyOf(object), { propagationPolicy: step.propagationPolicy, preconditions })
    }
    case 'dropReferences':
      return dropReferences(collection, object, step.uids)
    case 'unblockOwners':
      return patchReferences(collection, object, (references) => references.map(withoutBlocking))
    case 'orphan':
      for (const dependent of await liveDependents(uid, object, world)) await release(dependent, uid, world)
      return dropFinalizer(collection, object, orphanFinalizer)
    case 'foreground':
      // Dependents see themselves that their owner waits, and go; each one's end brings the owner here again.
      if (world.graph.dependentsOf(uid).some((dependent) => blocks(dependent.object, uid))) return
      if ((await liveDependents(uid, object, world)).some((dependent) => blocks(dependent.object, uid))) return
      return dropFinalizer(collection, object, foregroundFinalizer)
  }
}

/** Also those that no informer has seen yet: the owner's last step must not miss one. */
async function liveDependents(
  uid: string,
  { metadata }: ApiObject,
  { client, resources }: CollectorWorld,
): Promise<GraphObject[]> {
  // What a namespaced object owns is in its namespace.
  const scope = metadata.namespace === undefined ? {} : { namespace: metadata.namespace }
  const found: GraphObject[] = []
  for (const resource of resources()) {
    if (metadata.namespace !== undefined && resource.scope === 'Cluster') continue
    const { items } = await client.resource(resource).list(scope)
    for (const object of items) if (dependsOn(object, uid)) found.push({ resource, object })
  }
  return found
}

async function release({ resource, object }: GraphObject, ownerUid: string, { client }: CollectorWorld): Promise<void> {
  try {
    await dropReferences(client.resource(resource), object, [ownerUid])
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function dropReferences(collection: ResourceClient<ApiObject>, object: ApiObject, uids: readonly string[]): Promise<void> {
  return patchReferences(collection, object, (references) => references.filter(({ uid }) => !uids.includes(uid)))
}

const withoutBlocking = (reference: OwnerReference): OwnerReference => ({ ...reference, blockOwnerDeletion: false })

function patchReferences(
  collection: ResourceClient<ApiObject>,
  object: ApiObject,
  change: (references: readonly OwnerReference[]) => OwnerReference[],
): Promise<void> {
  const ownerReferences = change(object.metadata.ownerReferences ?? []).map((reference) => ({ ...reference }))
  return patchMetadata(collection, object, { ownerReferences })
}

function dropFinalizer(collection: ResourceClient<ApiObject>, object: ApiObject, finalizer: string): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer)
  return patchMetadata(collection, object, { finalizers })
}

/** Refused with a conflict, and decided anew, when the object has changed since it was read. */
async function patchMetadata(
  collection: ResourceClient<ApiObject>,
  object: ApiObject,
  change: { [field: string]: Json },
): Promise<void> {
  const { uid = null, resourceVersion = null } = object.metadata
  await collection.patch(keyOf(object), { metadata: { uid, resourceVersion, ...change } }, { type: 'merge' })
}
