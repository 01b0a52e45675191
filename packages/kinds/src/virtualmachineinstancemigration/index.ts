// The Kind VirtualMachineInstanceMigration: the wish to move a running instance to a new process of the QEMU that is installed now, and
// the controller that leads it there. There is one node: what moves is the process, and never the place.

import {
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  virtualMachineInstanceMigrationDefinition,
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
import type { Ports } from '../ports.ts'
import { migrationAdmission } from './admission.ts'
import { isOver } from './migration.ts'
import { type MigrationPorts, reconcileMigration } from './reconciler.ts'

export function virtualMachineInstanceMigrationKind(ports: Pick<Ports, 'client'>): Kind<VirtualMachineInstanceMigration> {
  return { definition: virtualMachineInstanceMigrationDefinition, admission: migrationAdmission(ports) }
}

/** One after the other, so that those that are under way are counted right. None is waited for. */
const workers = 1

export function startMigrationController(ports: MigrationPorts, instances: Informer<VirtualMachineInstance>): Controller {
  const { client, clock, random, log } = ports
  const resource = virtualMachineInstanceMigrationDefinition
  const migrations = startInformer<VirtualMachineInstanceMigration>({ client, resource, clock, random, log })
  const open = (vmi: VirtualMachineInstance | undefined) =>
    migrations
      .list(vmi?.metadata.namespace)
      .filter((each) => each.spec.vmiName === vmi?.metadata.name && !isOver(each))
      .map(keyOf)
  const waiting = () =>
    migrations
      .list()
      .filter((each) => !isOver(each))
      .map(keyOf)
  return startController({
    name: 'virtualmachineinstancemigration',
    reconcile: (key) => reconcileMigration(key, ports),
    sources: [
      ownObjects(migrations),
      mappedObjects(instances, ({ before, after }) =>
        before?.status?.phase === after?.status?.phase ? [] : open(after ?? before),
      ),
      // One that is over lets another one begin.
      outsideChanges((enqueue) => {
        const subscription = ports.hypervisor.onChange(() => {
          for (const key of waiting()) enqueue(key)
        })
        return () => subscription.close()
      }),
    ],
    workers,
    owns: [migrations],
    clock,
    random,
    log,
  })
}
