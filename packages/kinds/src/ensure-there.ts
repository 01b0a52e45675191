import type { ResourceClient } from '@sheaf/api/client'
import { type ApiObject, isAlreadyExists, keyOf } from '@sheaf/api/meta'

/** For what always exists. Most starts find it: looking costs a tenth of a creation that is refused. */
export async function ensureThere<T extends ApiObject>(collection: ResourceClient<T>, object: T): Promise<void> {
  if ((await collection.find(keyOf(object))) !== undefined) return
  try {
    await collection.create(object)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
