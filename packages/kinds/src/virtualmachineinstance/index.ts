// The Kind VirtualMachineInstance: one run of a machine, and the controller that keeps its process.

import { type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import { keyOf } from '@sheaf/api/meta'
import { type Controller, type Informer, outsideChanges, ownObjects, startController } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { MachinePorts } from '../ports.ts'
import { virtualMachineInstanceActions } from './actions.ts'
import { virtualMachineInstanceAdmission } from './admission.ts'
import { GuestWatch } from './guest-watch/guest-watch.ts'
import { reconcileVirtualMachineInstance } from './reconciler.ts'

export function virtualMachineInstanceKind(ports: MachinePorts): Kind<VirtualMachineInstance> {
  return {
    definition: virtualMachineInstanceDefinition,
    admission: virtualMachineInstanceAdmission(ports.random, ports.clock),
    actions: virtualMachineInstanceActions(ports),
  }
}

/** A launch waits for QEMU to answer; a few at a time use the cores without starving the API. */
const workers = 4

export function startVirtualMachineInstanceController(
  ports: MachinePorts,
  instances: Informer<VirtualMachineInstance>,
): Controller {
  const watch = new GuestWatch(ports)
  return startController({
    name: 'virtualmachineinstance',
    reconcile: (key) => reconcileVirtualMachineInstance(key, ports, watch),
    sources: [
      ownObjects(instances),
      outsideChanges((enqueue) => followMachines(ports, instances, enqueue)),
      outsideChanges((enqueue) => watch.start(enqueue)),
    ],
    workers,
    clock: ports.clock,
    random: ports.random,
    log: ports.log,
  })
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
