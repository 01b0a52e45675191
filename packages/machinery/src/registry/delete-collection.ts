// DELETE of a collection: each selected object as if it were deleted alone. Not atomic.

import { isNotFound } from '@sheaf/api/meta'
import { type DeleteOptions, deleteObject } from './delete.ts'
import { type ListRequest, type ListResult, list } from './list.ts'
import type { Encoded, Registry, WriteCall } from './registry.ts'
import { objectOf } from './stored-object.ts'

/** Enough to share a sync of the disk, few enough to leave room for other writers. */
const atOnce = 32

export interface DeletedCollection extends Omit<ListResult, 'entries'> {
  /** What was deleted or marked, as it was before, in the order of the list. */
  entries: readonly Encoded[]
}

export async function deleteCollection(
  registry: Registry,
  call: WriteCall,
  request: ListRequest,
  options: DeleteOptions,
): Promise<DeletedCollection> {
  const found = await list(registry, request)
  const entries: Encoded[] = []
  for (let start = 0; start < found.entries.length; start += atOnce) {
    const batch = found.entries.slice(start, start + atOnce)
    const deleted = await Promise.all(batch.map((entry) => deleteListed(registry, call, entry, options)))
    // As Kubernetes answers: what was found, as it was.
    entries.push(...batch.filter((_entry, index) => deleted[index] !== undefined))
  }
  return { ...found, entries }
}

async function deleteListed(
  registry: Registry,
  call: WriteCall,
  entry: Encoded,
  options: DeleteOptions,
): Promise<Encoded | undefined> {
  const { name = '', namespace = '' } = objectOf(entry).metadata
  try {
    return (await deleteObject(registry, { ...call, namespace, name }, options)).encoded
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
