// The real API server over a store in memory, with this room's Kinds, for the tests of this room.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { persistentVolumeClaimDefinition, schemas } from '@sheaf/api'
import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import { type ApiServer, type ApiServerOptions, createApiServer } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom, errorChain, type ManualClock } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { openMemoryStore } from '@sheaf/machinery/store'
import { type CollectingLog, collectingLog } from '../../machinery/src/controller/collecting-log.fixture.ts'
import { configMapKind } from './config-map/index.ts'
import { controllerRevisionKind } from './controller-revision/index.ts'
import { controllerUser } from './controller-user.ts'
import { deprecatedFieldUseKind } from './deprecated-field-use/index.ts'
import { eventKind } from './event/index.ts'
import { leaseKind } from './lease/index.ts'
import { limitRangeKind } from './limitrange/index.ts'
import { ensureNamespaces, namespaceKind, namespaceRole } from './namespace/index.ts'
import { nodeKind } from './node/index.ts'
import type { Ports } from './ports.ts'
import { secretKind } from './secret/index.ts'
import { virtualMachineClusterInstancetypeKind } from './virtualmachineclusterinstancetype/index.ts'
import { virtualMachineClusterPreferenceKind } from './virtualmachineclusterpreference/index.ts'
import { virtualMachineInstancetypeKind } from './virtualmachineinstancetype/index.ts'
import { virtualMachinePreferenceKind } from './virtualmachinepreference/index.ts'

/** What a virtual machine may be made of beside its own template. */
export const outfitKinds: readonly Kind[] = [
  controllerRevisionKind,
  virtualMachineInstancetypeKind,
  virtualMachineClusterInstancetypeKind,
  virtualMachinePreferenceKind,
  virtualMachineClusterPreferenceKind,
] as readonly Kind[]

export const smallKinds: readonly Kind[] = [
  namespaceKind,
  nodeKind,
  configMapKind,
  secretKind,
  eventKind,
  leaseKind,
  { definition: persistentVolumeClaimDefinition },
  limitRangeKind,
  deprecatedFieldUseKind,
  ...outfitKinds,
] as readonly Kind[]

export interface TestApi extends Ports {
  server: ApiServer
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

/** Kinds whose actions use the API are made of the ports that they use it through. */
export async function startTestApi(
  kinds: readonly Kind[] | ((ports: Ports) => readonly Kind[]) = smallKinds,
  more: Pick<ApiServerOptions, 'observer' | 'definitions' | 'authorizer' | 'charge'> = {},
): Promise<TestApi> {
  const clock = createManualClock()
  const random = createSeededRandom(1)
  const log = collectingLog()
  const recorded: string[] = []
  const writes: string[] = []
  let fetch: Fetch = () => Promise.reject(new Error('the API server is not there yet'))
  const client = createClient({
    userAgent: 'sheaf/test',
    onWarning: (text) => log.warn({}, text),
    fetch: (request) => {
      if (request.method !== 'GET') writes.push(`${request.method} ${request.path}`)
      return fetch(request)
    },
  })
  const events: Ports['events'] = {
    record: (about, { type, reason, message }) => recorded.push(`${type} ${reason} ${about.metadata.name}: ${message}`),
  }
  const ports: Ports = { client, clock, random, log, events }
  const server = createApiServer({
    store: openMemoryStore(),
    kinds: typeof kinds === 'function' ? kinds(ports) : kinds,
    schemas,
    namespaces: namespaceRole,
    clock,
    random,
    version,
    readiness: [],
    storeDescription: 'memory',
    ...more,
    onInternalError: (error) => log.error({ error: errorChain(error) }, 'the server failed'),
  })
  fetch = server.fetchAs(controllerUser)
  await ensureNamespaces(client)
  return {
    ...ports,
    clock,
    log,
    server,
    recorded,
    writes,
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
