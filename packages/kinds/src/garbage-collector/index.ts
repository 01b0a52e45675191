// The garbage collector: no Kind of its own, but a controller for each resource there is, over one graph of owners.

import { type ApiObject, isBeingDeleted } from '@sheaf/api/meta'
import {
  type Change,
  type Controller,
  type ControllerSnapshot,
  type Informer,
  mappedObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import { isManageable, type ServedResource, type ServedResources } from '../served-resource.ts'
import type { CollectorWorld } from './collector-world.ts'
import { createDependencyGraph, type DependencyGraph, type Located, locate } from './dependency-graph.ts'
import { reconcileGarbage } from './reconciler.ts'

export interface GarbageCollectorPorts extends Ports {
  /** Everything that may own or be owned. */
  resources: ServedResources
  /** Of resources that others follow as well: what is here already is not brought here once more. */
  informers?: readonly Informer[]
}

export interface GarbageCollector {
  /** Resolves when it knows what there is. */
  whenSynced(): Promise<void>
  stop(): Promise<void>
  /** One for each resource. */
  snapshot(): ControllerSnapshot[]
}

/** For each resource. The work is waiting for the server. */
const workers = 1

export function startGarbageCollector(ports: GarbageCollectorPorts): GarbageCollector {
  const graph = createDependencyGraph()
  const controllers = new Map<ServedResource, Controller>()
  const ending = new Set<Promise<void>>()
  const resources = (): readonly ServedResource[] => [...controllers.keys()]
  const wake = ({ resource, key }: Located): void => controllers.get(resource)?.enqueue(key)

  function begin(resource: ServedResource): void {
    const onChange = (change: Change<ApiObject>): void => {
      graph.note(resource, change)
      for (const concerned of concernedBy(change, graph)) wake(concerned)
    }
    const followed = ports.informers?.find((informer) => informer.resource === resource)
    controllers.set(resource, startCollecting(resource, followed, onChange, { ...ports, resources, graph }))
  }

  /** Its objects are gone, or are served otherwise and will be found again. */
  function end(resource: ServedResource, controller: Controller): void {
    controllers.delete(resource)
    graph.forgetAll(resource)
    const stopped = controller.stop().finally(() => ending.delete(stopped))
    ending.add(stopped)
  }

  function follow(): void {
    const served = new Set(ports.resources.served().filter(isCollected))
    for (const [resource, controller] of controllers) if (!served.has(resource)) end(resource, controller)
    for (const resource of served) if (!controllers.has(resource)) begin(resource)
  }

  follow()
  const unfollow = ports.resources.onServedChange(follow)
  return {
    whenSynced: async () => void (await Promise.all([...controllers.values()].map((controller) => controller.whenSynced()))),
    async stop() {
      unfollow()
      await Promise.all([...ending, ...[...controllers.values()].map((controller) => controller.stop())])
    },
    snapshot: () => [...controllers.values()].map((controller) => controller.snapshot()),
  }
}

/** Events own nothing, belong to nobody and are many. */
function isCollected(resource: ServedResource): boolean {
  return isManageable(resource) && resource.kind !== 'Event'
}

function startCollecting(
  resource: ServedResource,
  followed: Informer | undefined,
  onChange: (change: Change<ApiObject>) => void,
  world: CollectorWorld,
): Controller {
  const { client, clock, random, log } = world
  const objects = followed ?? startInformer({ client, resource, clock, random, log, keep: metadataOnly })
  const stopListening = objects.onChange(onChange)
  return startController({
    name: `garbage-collector/${resource.plural}`,
    reconcile: (key) => reconcileGarbage(resource, key, world),
    sources: [mappedObjects(objects, ({ key, after }) => (after !== undefined && mayConcern(after) ? [key] : []))],
    workers,
    owns: [{ stop: stopListening }, ...(followed === undefined ? [objects] : [])],
    clock,
    random,
    log,
  })
}

/** Most objects belong to nobody and stay: they are never looked at. */
function mayConcern(object: ApiObject): boolean {
  return isBeingDeleted(object) || (object.metadata.ownerReferences ?? []).length > 0
}

/** All that owning is about. */
function metadataOnly({ apiVersion, kind, metadata }: ApiObject): ApiObject {
  const { labels: _labels, annotations: _annotations, managedFields: _fields, ...kept } = metadata
  return { apiVersion, kind, metadata: kept }
}

/** Whom a change concerns besides the object itself. */
function concernedBy({ before, after }: Change<ApiObject>, graph: DependencyGraph): Located[] {
  const object = after ?? before
  const isEnding = after === undefined || isBeingDeleted(after)
  const dependents = isEnding ? graph.dependentsOf(object?.metadata.uid) : []
  // An owner may wait for this one to go.
  const owners = (before?.metadata.ownerReferences ?? []).flatMap(({ uid }) => graph.byUid(uid) ?? [])
  return [...dependents, ...owners.filter((owner) => isBeingDeleted(owner.object))].map(locate)
}
