// A copy of the store as it was before anything in it is rewritten.

import { taskStation } from '../station.ts'

export const snapshotStation = taskStation('snapshot', async ({ ports, id }) => {
  const { store } = ports.platform
  // What was copied in an earlier life may be older than what was written since.
  if (await store.hasCopy(id)) await store.removeCopies(id)
  await store.copy(id)
  return {}
})
