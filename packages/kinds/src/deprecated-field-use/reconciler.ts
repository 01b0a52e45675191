// Writes down what was gathered of one use, and forgets the oldest uses when there are too many.

import { type DeprecatedFieldUse, deprecatedFieldUseDefinition } from '@sheaf/api'
import type { ResourceClient } from '@sheaf/api/client'
import { isNotFound, keyOf, type ObjectKey } from '@sheaf/api/meta'
import { done, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import { type Batch, forgotten, useAfter } from './decide.ts'
import type { PendingUses } from './pending-uses.ts'
import { keepRecord } from './record.ts'

export interface UsePorts extends Pick<Ports, 'client' | 'clock'> {
  pending: PendingUses
}

/** Not the name of a use: the pass that looks after all of them. */
export const housekeepingKey: ObjectKey = { namespace: '', name: '' }

export async function reconcileUse(key: ObjectKey, ports: UsePorts): Promise<Result> {
  const uses = ports.client.resource<DeprecatedFieldUse>(deprecatedFieldUseDefinition)
  if (key.name === housekeepingKey.name) {
    await keepRecord(ports)
    await forgetOldest(uses, ports)
    return done
  }
  await admitOverflow(ports)
  const batch = ports.pending.take(key.name)
  if (batch === undefined) return done
  const isNew = await write(key, batch, uses).catch((error: unknown) => {
    ports.pending.putBack(key.name, batch)
    throw error
  })
  if (isNew) await forgetOldest(uses, ports)
  return done
}

/** What was dropped cannot be named any more, only that something was. */
async function admitOverflow(ports: UsePorts): Promise<void> {
  const at = ports.pending.overflow()
  if (at === undefined) return
  await keepRecord(ports, at)
  ports.pending.overflowIsWritten(at)
}

/** Added to what is stored, as it is stored now: whoever loses a race looks again. */
async function write(key: ObjectKey, batch: Batch, uses: ResourceClient<DeprecatedFieldUse>): Promise<boolean> {
  const stored = await uses.find(key)
  const use = useAfter(stored, key.name, batch)
  await (stored === undefined ? uses.create(use) : uses.update(use))
  return stored === undefined
}

async function forgetOldest(uses: ResourceClient<DeprecatedFieldUse>, ports: UsePorts): Promise<void> {
  const oldest = forgotten((await uses.list()).items)
  const latest = oldest.at(-1)
  if (latest === undefined) return
  // First that they are gone, then their end: in between, a death must not let them pass for never seen.
  await keepRecord(ports, latest.lastSeen)
  for (const use of oldest) {
    const { resourceVersion } = use.metadata
    try {
      await uses.delete(keyOf(use), resourceVersion === undefined ? {} : { preconditions: { resourceVersion } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
