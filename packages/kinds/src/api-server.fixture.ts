// The real API server over a store in memory, with this room's Kinds, for the tests of this room.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { schemas } from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom, errorChain, type ManualClock } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { openMemoryStore } from '@sheaf/machinery/store'
import { type CollectingLog, collectingLog } from '../../machinery/src/controller/collecting-log.fixture.ts'
import { configMapKind } from './config-map/index.ts'
import { controllerUser } from './controller-user.ts'
import { eventKind } from './event/index.ts'
import { leaseKind } from './lease/index.ts'
import { ensureNamespaces, namespaceKind, namespaceRole } from './namespace/index.ts'
import { nodeKind } from './node/index.ts'
import type { Ports } from './ports.ts'
import { secretKind } from './secret/index.ts'

export const smallKinds: readonly Kind[] = [
  namespaceKind,
  nodeKind,
  configMapKind,
  secretKind,
  eventKind,
  leaseKind,
] as readonly Kind[]

export interface TestApi extends Ports {
  client: Client
  clock: ManualClock
  log: CollectingLog
  /** `Warning OwnerRefInvalidNamespace a: …` */
  recorded: string[]
  /** `PUT /api/v1/…`: every request that writes. */
  writes: string[]
  /** Lets everybody move on, time included, until the condition holds. */
  until(condition: () => boolean | Promise<boolean>, stepMs?: number): Promise<void>
}

const version = {
  major: '1',
  minor: '33',
  gitVersion: 'v1.33.0',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
}

export async function startTestApi(kinds: readonly Kind[] = smallKinds): Promise<TestApi> {
  const clock = createManualClock()
  const random = createSeededRandom(1)
  const log = collectingLog()
  const recorded: string[] = []
  const writes: string[] = []
  const server = createApiServer({
    store: openMemoryStore(),
    kinds,
    schemas,
    namespaces: namespaceRole,
    clock,
    random,
    version,
    readiness: [],
    storeDescription: 'memory',
    onInternalError: (error) => log.error({ error: errorChain(error) }, 'the server failed'),
  })
  const fetch = server.fetchAs(controllerUser)
  const client = createClient({
    userAgent: 'sheaf/test',
    onWarning: (text) => log.warn({}, text),
    fetch: (request) => {
      if (request.method !== 'GET') writes.push(`${request.method} ${request.path}`)
      return fetch(request)
    },
  })
  await ensureNamespaces(client)
  return {
    client,
    clock,
    random,
    log,
    recorded,
    writes,
    events: {
      record: (about, { type, reason, message }) => recorded.push(`${type} ${reason} ${about.metadata.name}: ${message}`),
    },
    async until(condition, stepMs = 50) {
      for (let turn = 0; turn < 5000; turn++) {
        if (await condition()) return
        await nextTurn()
        clock.advance(stepMs)
      }
      throw new Error(`the condition never came true; the log says: ${log.lines.join('; ') || 'nothing'}`)
    },
  }
}
