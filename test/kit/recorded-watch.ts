// A watch that is taken up again from where it ended, whatever ended it, and keeps every event.

import { setTimeout as pause } from 'node:timers/promises'
import type { ResourceName, WatchEvent } from '@sheaf/api/client'
import { type ApiObject, StatusError } from '@sheaf/api/meta'
import type { ServerProcess } from './server-process.ts'

export interface RecordedWatch<T extends ApiObject> {
  readonly events: readonly Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>[]
  /** How many connections brought events. */
  readonly connections: number
  /** What the server refused; a server that is away refuses nothing. */
  readonly refusals: readonly StatusError[]
  stop(): Promise<void>
}

const reconnectPauseMs = 20

/** Everything after this call, in all namespaces. */
export async function recordWatch<T extends ApiObject>(server: ServerProcess, resource: ResourceName): Promise<RecordedWatch<T>> {
  const events: Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>[] = []
  const refusals: StatusError[] = []
  const stopping = new AbortController()
  let resourceVersion = (await server.client.resource<T>(resource).list({ limit: 1 })).metadata.resourceVersion ?? ''
  let connections = 0

  async function follow(): Promise<void> {
    const watch = server.client.resource<T>(resource).watch({ resourceVersion, signal: stopping.signal })
    let isFirst = true
    for await (const event of watch) {
      if (event.type === 'BOOKMARK') continue
      if (isFirst) connections++
      isFirst = false
      events.push(event)
      resourceVersion = event.object.metadata.resourceVersion ?? ''
    }
  }

  const done = (async () => {
    while (!stopping.signal.aborted) {
      await follow().catch((error: unknown) => {
        if (error instanceof StatusError) refusals.push(error)
      })
      if (!stopping.signal.aborted) await pause(reconnectPauseMs)
    }
  })()
  return {
    events,
    get connections() {
      return connections
    },
    refusals,
    async stop() {
      stopping.abort()
      await done
    },
  }
}
