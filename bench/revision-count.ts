// What a client sees of each object, on a clock that only goes forward: how often it was written, and since when it runs.

import type { Client, ResourceName } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'

export interface Sighting {
  /** Revisions after the one of its creation. */
  updates: number
  /** By `performance.now()`. */
  runningAtMs: number | undefined
}

export interface RevisionCount {
  /** By name. */
  readonly seen: ReadonlyMap<string, Readonly<Sighting>>
  runningCount(): number
  /** Throws what kept it from counting on. */
  stop(): Promise<void>
}

/** Follows every object from now on; a watch tells each revision once. */
export async function countRevisions<T extends ApiObject>(
  client: Client,
  kind: ResourceName,
  isRunning: (object: T) => boolean,
): Promise<RevisionCount> {
  const seen = new Map<string, Sighting>()
  const stopping = new AbortController()
  const resource = client.resource<T>(kind)
  const resourceVersion = (await resource.list()).metadata.resourceVersion ?? ''
  const watch = resource.watch({ resourceVersion, signal: stopping.signal })

  async function follow(): Promise<void> {
    for await (const event of watch) {
      if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue
      const name = event.object.metadata.name ?? ''
      const sighting = seen.get(name) ?? { updates: -1, runningAtMs: undefined }
      sighting.updates += 1
      if (isRunning(event.object)) sighting.runningAtMs ??= performance.now()
      seen.set(name, sighting)
    }
    if (!stopping.signal.aborted) throw new Error(`the watch of ${kind.plural} ended: what follows would not be counted`)
  }

  let trouble: unknown
  const followed = follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) trouble = error
  })
  return {
    seen,
    runningCount: () => [...seen.values()].filter(({ runningAtMs }) => runningAtMs !== undefined).length,
    async stop() {
      stopping.abort()
      await followed
      if (trouble !== undefined) throw trouble
    },
  }
}
