// The Kind DeprecatedFieldUse, and the controller that writes down who still sends what.

import { type DeprecatedFieldUse, deprecatedFieldUseDefinition } from '@sheaf/api'
import type { ObjectKey } from '@sheaf/api/meta'
import { type Controller, errorChain, outsideChanges, type Result, startController } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { createPendingUses } from './pending-uses.ts'
import { housekeepingKey, reconcileUse } from './reconciler.ts'
import type { Sighting } from './sightings.ts'

export { type Sighting, sightingsIn } from './sightings.ts'

export const deprecatedFieldUseKind: Kind<DeprecatedFieldUse> = { definition: deprecatedFieldUseDefinition }

export interface DeprecatedFieldUses {
  /** Never waits and never fails: it is called for every request, from the first on. */
  record: (sighting: Sighting) => void
  /** Begins to write, once there is something to write to. */
  start(): void
  /** Writes what is still pending. */
  stop(): Promise<void>
}

/** One after the other: nobody waits for them, and two would compete for the oldest. */
const workers = 1

export function createDeprecatedFieldUses(ports: Omit<Ports, 'events'>): DeprecatedFieldUses {
  const { clock, random, log } = ports
  const pending = createPendingUses(clock)
  const reconcile = (key: ObjectKey): Promise<Result> => reconcileUse(key, { ...ports, pending })
  const source = outsideChanges((enqueue) => {
    enqueue(housekeepingKey)
    return pending.start(enqueue)
  })
  let controller: Controller | undefined
  return {
    record: pending.add,
    start() {
      controller ??= startController({ name: 'deprecatedfielduse', reconcile, sources: [source], workers, clock, random, log })
    },
    async stop() {
      await controller?.stop()
      for (const name of pending.names()) {
        try {
          await reconcile({ namespace: '', name })
        } catch (error) {
          log.warn({ name, error: errorChain(error) }, 'uses of a deprecated field could not be written and are lost')
        }
      }
    },
  }
}
