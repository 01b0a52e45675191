// GET of one object.

import { notFound, type StatusError } from '@sheaf/api/meta'
import type { StoredEntry } from '../store/store.ts'
import { type Registry, storageKey, type Target } from './registry.ts'
import { shown } from './shown-form.ts'
import { waitForRevision } from './wait-for-revision.ts'

/** The stored object, not older than `atLeast` when that is given. Throws NotFound. */
export async function get(registry: Registry, target: Target, atLeast = 0): Promise<StoredEntry> {
  await waitForRevision(registry, atLeast)
  const entry = registry.store.get(storageKey(target))
  if (entry === undefined) throw missing(target)
  return shown(target.resource, entry)
}

export function missing(target: Target): StatusError {
  return notFound(target.resource.definition, target.name)
}
