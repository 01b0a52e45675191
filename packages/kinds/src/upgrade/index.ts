// The Kind Upgrade, and the controller that leads each upgrade to its end.

import {
  harvesterSystemNamespace,
  type Upgrade,
  upgradeDefinition,
  upgradeLabels,
  type VirtualMachineImage,
  type VirtualMachineInstance,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { type ApiObject, keyOf } from '@sheaf/api/meta'
import {
  type Controller,
  type Informer,
  mappedObjects,
  outsideChanges,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import { createHostServing } from './host-serving.ts'
import type { UpgradePorts } from './ports.ts'
import { reconcileUpgrade } from './reconciler.ts'
import { createTasks } from './tasks.ts'

export * from './journal.ts'
export * from './kind.ts'
export * from './platform.ts'
export * from './ports.ts'
export { releaseActions } from './release-actions.ts'
export type { RollbackEntry } from './rollback/rollback-journal.ts'

/** There is one upgrade at a time. */
const workers = 1

export function startUpgradeController(ports: UpgradePorts, instances: Informer<VirtualMachineInstance>): Controller {
  const { client, clock, random, log } = ports
  const follow = { client, clock, random, log }
  const upgrades = startInformer<Upgrade>({ ...follow, resource: upgradeDefinition })
  const images = startInformer<VirtualMachineImage>({ ...follow, resource: virtualMachineImageDefinition })
  let wake: (id: string) => void = () => {}
  const tasks = createTasks({ nowMs: clock.now(), onChange: (id) => wake(id) })
  const hostServing = createHostServing(ports.platform)
  const controller = startController({
    name: 'upgrade',
    reconcile: (key) => reconcileUpgrade(key, { ports, tasks, hostServing }),
    sources: [
      ownObjects(upgrades),
      mappedObjects(images, ({ before, after }) => [...upgradeOf(before), ...upgradeOf(after)]),
      mappedObjects(instances, ({ before, after }) => [...upgradeOf(before), ...upgradeOf(after)]),
      // A task has ended: whose it was is looked at.
      outsideChanges((enqueue) => {
        wake = (id) => {
          for (const upgrade of upgrades.list()) if (upgrade.metadata.uid === id) enqueue(keyOf(upgrade))
        }
        return () => {}
      }),
    ],
    workers,
    owns: [upgrades, images],
    clock,
    random,
    log,
  })
  return {
    ...controller,
    async stop() {
      await Promise.all([tasks.stop(), hostServing.stop()])
      await controller.stop()
    },
  }
}

function upgradeOf(object: ApiObject | undefined) {
  const name = object?.metadata.labels?.[upgradeLabels.upgrade]
  return name === undefined ? [] : [{ namespace: harvesterSystemNamespace, name }]
}
