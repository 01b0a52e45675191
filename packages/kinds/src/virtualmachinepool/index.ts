// The Kind VirtualMachinePool, and the controller that keeps so many virtual machines of one template.

import { type VirtualMachine, type VirtualMachinePool, virtualMachinePoolDefinition } from '@sheaf/api'
import {
  type Controller,
  type Informer,
  ownedObjects,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { MachinePorts, Ports } from '../ports.ts'
import { poolAdmission } from './admission.ts'
import { reconcilePool } from './reconciler.ts'

export function virtualMachinePoolKind({ featureGates }: Pick<MachinePorts, 'featureGates'>): Kind<VirtualMachinePool> {
  return { definition: virtualMachinePoolDefinition, admission: poolAdmission(featureGates) }
}

/** Passes wait for the store only, and there are few pools. */
const workers = 2

export function startPoolController(ports: Ports, virtualMachines: Informer<VirtualMachine>): Controller {
  const { client, clock, random, log } = ports
  const resource = virtualMachinePoolDefinition
  const pools = startInformer<VirtualMachinePool>({ client, resource, clock, random, log })
  return startController({
    name: 'virtualmachinepool',
    reconcile: (key) => reconcilePool(key, ports),
    // A VM tells how its instance is: there is no need to follow the instances too.
    sources: [ownObjects(pools), ownedObjects(virtualMachines, resource)],
    workers,
    owns: [pools],
    clock,
    random,
    log,
  })
}
