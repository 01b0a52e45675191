// The Kind VirtualMachine: what the API server needs of it, and the controller that keeps it.

import {
  type ControllerRevision,
  controllerRevisionDefinition,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
} from '@sheaf/api'
import {
  type Controller,
  type Informer,
  mappedObjects,
  ownedObjects,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { MachinePorts, Ports, VirtualMachinePorts } from '../ports.ts'
import { virtualMachineActions } from './actions.ts'
import { virtualMachineAdmission } from './admission.ts'
import { reconcileVirtualMachine } from './reconciler.ts'

export function virtualMachineKind(
  ports: Pick<Ports, 'client' | 'random'> & Pick<MachinePorts, 'featureGates'>,
): Kind<VirtualMachine> {
  return {
    definition: virtualMachineDefinition,
    admission: virtualMachineAdmission(ports),
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
  const { client, clock, random, log } = ports
  const revisions = startInformer<ControllerRevision>({
    client,
    resource: controllerRevisionDefinition,
    clock,
    random,
    log,
    keep: metadataOnly,
  })
  return startController({
    name: 'virtualmachine',
    reconcile: (key) => reconcileVirtualMachine(key, ports),
    sources: [
      ownObjects(informers.virtualMachines),
      // By name, not by owner: an instance that belongs to nobody, or to another, stands in the VM's way too.
      mappedObjects(informers.instances, ({ key }) => [key]),
      // One that goes is noticed by the machine that it was kept for.
      ownedObjects(revisions, virtualMachineDefinition),
    ],
    workers,
    owns: [revisions],
    clock,
    random,
    log,
  })
}

/** What they hold is read when it is needed. */
function metadataOnly({ apiVersion, kind, metadata, revision }: ControllerRevision): ControllerRevision {
  return { apiVersion, kind, metadata, revision }
}
