// Two informers, Kubernetes' own for JavaScript and ours, follow a server under churn, one death of it included, and in
// the end know what it knows.

import { setTimeout as pause } from 'node:timers/promises'
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
} from '@kubernetes/client-node'
import { type ConfigMap, configMapDefinition, virtualMachineDefinition } from '@sheaf/api'
import type { ResourceName } from '@sheaf/api/client'
import { type ApiObject, type Json, StatusError } from '@sheaf/api/meta'
import { type Log, startInformer } from '@sheaf/machinery/controller'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chance, wallClock } from '../../packages/server/src/world.ts'
import { eventually } from '../kit/eventually.ts'
import { freePort } from '../kit/free-port.ts'
import { pick, printedRandom } from '../kit/seed.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, key } from '../kit/virtual-machines.ts'

const churnMs = Number(process.env['SHEAF_CHURN_SECONDS'] ?? 15) * 1000
const writersPerKind = 2
/** Few names, so that objects come and go under the same one. */
const namesPerWriter = 20
/** Leaves two cores some time for the server and the informers. */
const mostBreathMs = 15
const settleMs = 30_000

interface Kind {
  resource: ResourceName
  make(name: string): ApiObject
  change(number: number): Json
}

const configMaps: Kind = {
  resource: configMapDefinition,
  make: (name) =>
    ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { count: '0' } }) satisfies ConfigMap,
  change: (number) => ({ data: { count: String(number) } }),
}
const virtualMachines: Kind = {
  resource: virtualMachineDefinition,
  make: (name) => emptyMachine(name, 'Halted'),
  change: (number) => ({ metadata: { labels: { count: String(number) } } }),
}
const random = printedRandom('informer')

let server: ServerProcess
const stops: (() => unknown)[] = []

beforeAll(async () => {
  server = await startServerProcess({ port: await freePort() })
})
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
  await server?.dispose()
})

/** What an informer knows, by name: enough to tell any two versions of an object apart. */
type Known = Record<string, string>
type Seen = ApiObject | KubernetesObject

const known = (objects: readonly Seen[]): Known =>
  Object.fromEntries(
    objects
      .map(
        (object) =>
          [
            object.metadata?.name ?? '',
            `${object.metadata?.uid} ${object.metadata?.resourceVersion} ${content(object)}`,
          ] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

function content(object: Seen & { data?: unknown; status?: unknown }): string {
  return JSON.stringify([object.data, object.metadata?.labels, object.status])
}

interface Follower {
  known(): Known
  /** Objects that were told older than before. */
  readonly backwards: string[]
  readonly changes: () => number
}

/** Notes what an informer tells, and whether it ever tells an older version of the same object. */
function witness(): { backwards: string[]; told: (object: Seen) => void; count: () => number } {
  const versions = new Map<string, number>()
  const backwards: string[] = []
  let count = 0
  return {
    backwards,
    count: () => count,
    told({ metadata }) {
      count++
      const uid = metadata?.uid ?? ''
      const version = Number(metadata?.resourceVersion)
      if (version < (versions.get(uid) ?? 0)) backwards.push(`${metadata?.name}: ${version} after ${versions.get(uid)}`)
      versions.set(uid, version)
    },
  }
}

async function followOurs({ resource }: Kind): Promise<Follower> {
  const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} }
  const informer = startInformer({ client: server.client, resource, clock: wallClock, random: chance, log: quiet })
  stops.push(() => informer.stop())
  const { backwards, told, count } = witness()
  informer.onChange(({ after }) => after !== undefined && told(after))
  await informer.whenSynced()
  return { known: () => known(informer.list('default')), backwards, changes: count }
}

/** It stops at every error: its documentation says to start it again. */
const restartOfficialMs = 200

async function followOfficial(
  path: string,
  list: () => Promise<KubernetesListObject<KubernetesObject>>,
  config: KubeConfig,
): Promise<Follower> {
  const informer = makeInformer(config, path, list)
  const { backwards, told, count } = witness()
  let isStopping = false
  const begin = (): Promise<void> => informer.start().catch(() => beginAgain())
  async function beginAgain(): Promise<void> {
    await pause(restartOfficialMs)
    if (!isStopping) await begin()
  }
  for (const verb of ['add', 'update'] as const) informer.on(verb, told)
  informer.on('error', () => void beginAgain())
  stops.push(() => {
    isStopping = true
    return informer.stop()
  })
  await begin()
  return { known: () => known(informer.list('default') ?? []), backwards, changes: count }
}

function officialFollowers(): Promise<Follower[]> {
  const config = new KubeConfig()
  config.loadFromFile(server.kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  const custom = config.makeApiClient(CustomObjectsApi)
  const { group, version, plural } = virtualMachineDefinition
  return Promise.all([
    followOfficial('/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace: 'default' }), config),
    followOfficial(
      `/apis/${group}/${version}/namespaces/default/${plural}`,
      () => custom.listNamespacedCustomObject({ group, version, plural, namespace: 'default' }),
      config,
    ),
  ])
}

const refusals: string[] = []

/** Creates, changes and deletes under its own names. A name that is there or not is part of life; so is a server that is away. */
async function write(kind: Kind, writer: number, isOver: () => boolean): Promise<number> {
  let writes = 0
  for (let number = 1; !isOver(); number++) {
    const name = `churn-${writer}-${random.below(namesPerWriter)}`
    const resource = server.client.resource(kind.resource)
    try {
      const action = pick(random, ['create', 'change', 'change', 'delete'] as const)
      if (action === 'create') await resource.create(kind.make(name))
      else if (action === 'change') await resource.patch(key(name), kind.change(number))
      else await resource.delete(key(name))
      writes++
    } catch (error) {
      if (error instanceof StatusError && ![404, 409].includes(error.code)) refusals.push(error.message)
    }
    await pause(random.below(mostBreathMs))
  }
  return writes
}

async function stored({ resource }: Kind): Promise<Known> {
  return known((await server.client.resource(resource).list({ namespace: 'default' })).items)
}

test(
  `after ${churnMs / 1000} s of churn, both informers know what the server knows`,
  async () => {
    const ours = [await followOurs(configMaps), await followOurs(virtualMachines)]
    const official = await officialFollowers()
    const end = Date.now() + churnMs
    const isOver = (): boolean => Date.now() >= end
    const writers = Array.from({ length: writersPerKind }, (_, writer) => [
      write(configMaps, writer, isOver),
      write(virtualMachines, writer, isOver),
    ]).flat()
    await pause(churnMs / 2)
    await server.kill('SIGKILL')
    await server.start()
    const writes = (await Promise.all(writers)).reduce((sum, each) => sum + each, 0)
    console.log(
      `informer: ${writes} writes; changes told: ours ${ours.map((each) => each.changes()).join(' + ')}, official ${official.map((each) => each.changes()).join(' + ')}`,
    )
    expect(refusals).toEqual([])
    expect(writes).toBeGreaterThan(churnMs / 100)

    for (const [index, kind] of [configMaps, virtualMachines].entries()) {
      for (const follower of [ours[index], official[index]]) {
        await eventually('an informer has caught up', async () => same(follower?.known(), await stored(kind)), settleMs).catch(
          () => {},
        )
        expect(follower?.known()).toEqual(await stored(kind))
        expect(follower?.changes()).toBeGreaterThan(churnMs / 1000)
        expect(follower?.backwards).toEqual([])
      }
    }
  },
  churnMs + 120_000,
)

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
