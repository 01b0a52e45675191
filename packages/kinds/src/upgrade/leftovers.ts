// What upgrades that have ended, or are not there any more, left behind: in the API and on the disk.

import {
  harvesterSystemNamespace,
  type Service,
  serviceDefinition,
  type Upgrade,
  upgradeLabels,
  type VirtualMachine,
  type VirtualMachineImage,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { type ApiObject, isBeingDeleted, isNotFound, keyOf, keyText } from '@sheaf/api/meta'
import type { ResourceDefinition } from '@sheaf/api/meta'
import { isFinished } from './names.ts'
import type { UpgradePorts } from './ports.ts'

interface Leftover {
  definition: Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'plural' | 'scope'>
  object: ApiObject
}

/** What is not on its way out already. `except`: whose things are none. */
export async function leftoverNames(ports: UpgradePorts, upgrades: readonly Upgrade[], except?: Upgrade): Promise<string[]> {
  const objects = await leftoverObjects(ports, upgrades, except)
  const named = objects.map(({ definition, object }) => `${definition.kind} ${keyText(keyOf(object))}`)
  return [...named, ...(await ports.platform.leftovers.find(idsInUse(upgrades)))]
}

export async function removeLeftovers(ports: UpgradePorts, upgrades: readonly Upgrade[]): Promise<void> {
  for (const { definition, object } of await leftoverObjects(ports, upgrades)) {
    try {
      await ports.client.resource(definition).delete(keyOf(object))
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  await ports.platform.leftovers.remove(idsInUse(upgrades))
}

/** The record and the log of every upgrade that is there stay, and so does what one needs that has not ended. */
const idsInUse = (upgrades: readonly Upgrade[]): string[] => upgrades.map(({ metadata }) => metadata.uid ?? '')

async function leftoverObjects({ client }: UpgradePorts, upgrades: readonly Upgrade[], except?: Upgrade): Promise<Leftover[]> {
  const running = new Set([...upgrades.filter((each) => !isFinished(each)), except].map((each) => each?.metadata.name))
  const found: Leftover[] = []
  for (const definition of [virtualMachineDefinition, virtualMachineImageDefinition, serviceDefinition]) {
    const { items } = await client
      .resource<VirtualMachine | VirtualMachineImage | Service>(definition)
      .list({ namespace: harvesterSystemNamespace, labelSelector: upgradeLabels.upgrade })
    for (const object of items)
      if (!running.has(object.metadata.labels?.[upgradeLabels.upgrade]) && !isBeingDeleted(object))
        found.push({ definition, object })
  }
  return found
}
