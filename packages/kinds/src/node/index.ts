// The Kind Node, and the controller that keeps the one that stands for this machine.

import { type Node, nodeDefinition } from '@sheaf/api'
import { type Controller, ownObjects, startController, startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { NodePorts } from './ports.ts'
import { reconcileNode } from './reconciler.ts'

export type { NodePorts } from './ports.ts'

export { retireNode } from './reconciler.ts'

export const nodeKind: Kind<Node> = { definition: nodeDefinition }

export function startNodeController(ports: NodePorts): Controller {
  const { client, nodeName, clock, random, log } = ports
  const fieldSelector = `metadata.name=${nodeName}`
  const self = startInformer<Node>({ client, resource: nodeDefinition, fieldSelector, clock, random, log })
  const controller = startController({
    name: 'node',
    reconcile: (key) => reconcileNode(key, ports),
    sources: [ownObjects(self)],
    workers: 1,
    owns: [self],
    clock,
    random,
    log,
  })
  // There is nothing to see yet on the first start.
  controller.enqueue({ namespace: '', name: nodeName })
  return controller
}
