// The Kind VirtualMachine: what the API server needs of it, and the controller that keeps it.

import { type VirtualMachine, type VirtualMachineInstance, virtualMachineDefinition } from '@sheaf/api'
import { type Controller, type Informer, mappedObjects, ownObjects, startController } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Ports, VirtualMachinePorts } from '../ports.ts'
import { virtualMachineActions } from './actions.ts'
import { virtualMachineAdmission } from './admission.ts'
import { reconcileVirtualMachine } from './reconciler.ts'

export function virtualMachineKind(ports: Pick<Ports, 'client' | 'random'>): Kind<VirtualMachine> {
  return {
    definition: virtualMachineDefinition,
    admission: virtualMachineAdmission(ports.random),
    actions: virtualMachineActions(ports),
  }
}

export interface VirtualMachineInformers {
  virtualMachines: Informer<VirtualMachine>
  instances: Informer<VirtualMachineInstance>
}

/** Passes are short: they wait for the store only. */
const workers = 4

export function startVirtualMachineController(ports: VirtualMachinePorts, informers: VirtualMachineInformers): Controller {
  return startController({
    name: 'virtualmachine',
    reconcile: (key) => reconcileVirtualMachine(key, ports),
    sources: [
      ownObjects(informers.virtualMachines),
      // By name, not by owner: an instance that belongs to nobody, or to another, stands in the VM's way too.
      mappedObjects(informers.instances, ({ key }) => [key]),
    ],
    workers,
    clock: ports.clock,
    random: ports.random,
    log: ports.log,
  })
}
