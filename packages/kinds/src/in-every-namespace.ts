// What every namespace has: one object by a name that is always the same, which comes back when somebody has taken it away.

import { type Namespace, namespaceDefinition } from '@sheaf/api'
import type { ResourceName } from '@sheaf/api/client'
import { isBeingDeleted } from '@sheaf/api/meta'
import {
  type Controller,
  done,
  type Informer,
  mappedObjects,
  ownObjects,
  type Result,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Ports } from './ports.ts'

export interface KeptObject {
  controllerName: string
  resource: ResourceName
  objectName: string
  /** Makes it there as it should be. Not asked for a namespace that is going. */
  keep: (namespace: string) => Promise<Result>
}

/** One of a namespace is looked at in no time. */
const workers = 1

export function startInEveryNamespace(
  { controllerName, resource, objectName, keep }: KeptObject,
  { client, clock, random, log }: Ports,
  namespaces: Informer<Namespace>,
): Controller {
  const objects = startInformer({ client, resource, clock, random, log, fieldSelector: `metadata.name=${objectName}` })
  return startController({
    name: controllerName,
    async reconcile({ name }) {
      const found = await client.resource<Namespace>(namespaceDefinition).find({ namespace: '', name })
      return found === undefined || isBeingDeleted(found) ? done : keep(name)
    },
    sources: [ownObjects(namespaces), mappedObjects(objects, ({ key }) => [{ namespace: '', name: key.namespace }])],
    workers,
    owns: [objects],
    clock,
    random,
    log,
  })
}
