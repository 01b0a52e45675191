// The Kind VirtualMachineInstanceReplicaSet, and the controller that keeps so many instances of one template.

import {
  type VirtualMachineInstance,
  type VirtualMachineInstanceReplicaSet,
  virtualMachineInstanceReplicaSetDefinition,
} from '@sheaf/api'
import { controllerOf, keyOf, type ObjectKey } from '@sheaf/api/meta'
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
import type { MachinePorts, Ports } from '../ports.ts'
import { membershipOf } from '../set-membership.ts'
import { replicaSetAdmission } from './admission.ts'
import { reconcileReplicaSet } from './reconciler.ts'

export function virtualMachineInstanceReplicaSetKind({
  featureGates,
}: Pick<MachinePorts, 'featureGates'>): Kind<VirtualMachineInstanceReplicaSet> {
  return { definition: virtualMachineInstanceReplicaSetDefinition, admission: replicaSetAdmission(featureGates) }
}

/** Passes wait for the store only, and there are few sets. */
const workers = 2

export function startReplicaSetController(ports: Ports, instances: Informer<VirtualMachineInstance>): Controller {
  const { client, clock, random, log } = ports
  const resource = virtualMachineInstanceReplicaSetDefinition
  const sets = startInformer<VirtualMachineInstanceReplicaSet>({ client, resource, clock, random, log })

  /** Sets that may adopt it. */
  function claimants(instance: VirtualMachineInstance | undefined): ObjectKey[] {
    if (instance === undefined || controllerOf(instance) !== undefined) return []
    return sets
      .list(instance.metadata.namespace)
      .filter((set) => membershipOf(set, [instance]).orphans.length > 0)
      .map(keyOf)
  }

  return startController({
    name: 'virtualmachineinstancereplicaset',
    reconcile: (key) => reconcileReplicaSet(key, ports),
    sources: [ownObjects(sets), ownedObjects(instances, resource), mappedObjects(instances, ({ after }) => claimants(after))],
    workers,
    owns: [sets],
    clock,
    random,
    log,
  })
}
