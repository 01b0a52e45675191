// The Kind VirtualMachineInstance: one run of a machine, and the controller that keeps its process.

import { isDeepStrictEqual } from 'node:util'
import {
  type Node,
  nodeDefinition,
  type PersistentVolumeClaim,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { keyOf } from '@sheaf/api/meta'
import {
  type Controller,
  type Informer,
  mappedObjects,
  outsideChanges,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { claimNamesOf } from '../persistentvolumeclaim/users.ts'
import type { MachinePorts } from '../ports.ts'
import { virtualMachineInstanceActions } from './actions/actions.ts'
import { virtualMachineInstanceAdmission } from './admission.ts'
import { isBeforeLaunch } from './decide.ts'
import { GuestWatch } from './guest-watch/guest-watch.ts'
import { openPlacing, waitsForPlace } from './place/placing.ts'
import { reconcileVirtualMachineInstance } from './reconciler.ts'

export function virtualMachineInstanceKind(ports: MachinePorts): Kind<VirtualMachineInstance> {
  return {
    definition: virtualMachineInstanceDefinition,
    admission: virtualMachineInstanceAdmission(ports.random, ports.clock, ports.client, ports.featureGates),
    actions: virtualMachineInstanceActions(ports),
  }
}

/** A launch waits for QEMU to answer; a few at a time use the cores without starving the API. */
const workers = 4

export function startVirtualMachineInstanceController(
  ports: MachinePorts,
  { instances, claims }: { instances: Informer<VirtualMachineInstance>; claims: Informer<PersistentVolumeClaim> },
): Controller {
  const { client, nodeName, clock, random, log } = ports
  const fieldSelector = `metadata.name=${nodeName}`
  const nodes = startInformer<Node>({ client, resource: nodeDefinition, fieldSelector, clock, random, log })
  const placing = openPlacing(ports, () => instances.list())
  const watch = new GuestWatch(ports)
  const waiting = () => instances.list().filter(waitsForPlace).map(keyOf)
  return startController({
    name: 'virtualmachineinstance',
    reconcile: (key) => reconcileVirtualMachineInstance(key, ports, { placing, watch }),
    sources: [
      ownObjects(instances),
      // What waits for a place may have waited for this node, or for another instance, to change.
      mappedObjects(nodes, ({ before, after }) => (isSameForPlacing(before, after) ? [] : waiting())),
      mappedObjects(instances, ({ before, after }) => (isSameForPlacing(before, after) ? [] : waiting())),
      // A claim that is bound, or another machine that lets go of it, is what some wait for.
      mappedObjects(claims, ({ key }) =>
        instances
          .list(key.namespace)
          .filter((each) => isBeforeLaunch(each) && claimNamesOf(each).includes(key.name))
          .map(keyOf),
      ),
      outsideChanges((enqueue) => followMachines(ports, instances, enqueue)),
      outsideChanges((enqueue) => followImages(ports, instances, enqueue)),
      outsideChanges((enqueue) => watch.start(enqueue)),
    ],
    workers,
    owns: [nodes],
    clock,
    random,
    log,
  })
}

/** A heartbeat changes nothing for those who wait. */
function isSameForPlacing<T extends Node | VirtualMachineInstance>(before: T | undefined, after: T | undefined): boolean {
  const partsOf = (object: T | undefined) => {
    const { metadata, spec, status } = object ?? {}
    return [metadata?.labels, spec, status && 'phase' in status ? status.phase : undefined]
  }
  return isDeepStrictEqual(partsOf(before), partsOf(after))
}

/** The hypervisor knows ids, which are the instances' uids. An id that no instance has is nothing to reconcile. */
function followMachines(
  ports: MachinePorts,
  instances: Informer<VirtualMachineInstance>,
  enqueue: (key: ReturnType<typeof keyOf>) => void,
): () => void {
  const subscription = ports.hypervisor.onChange((id) => {
    const instance = instances.list().find((each) => each.metadata.uid === id)
    if (instance !== undefined) enqueue(keyOf(instance))
  })
  return () => subscription.close()
}

/** A pull serves any number of instances; those that are not launched yet have something to look at. */
function followImages(
  ports: MachinePorts,
  instances: Informer<VirtualMachineInstance>,
  enqueue: (key: ReturnType<typeof keyOf>) => void,
): () => void {
  const subscription = ports.images.onChange(() => {
    for (const instance of instances.list()) if (isBeforeLaunch(instance)) enqueue(keyOf(instance))
  })
  return () => subscription.close()
}
