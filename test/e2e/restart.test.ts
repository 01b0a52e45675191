// The control plane dies at random instants while guests run and clients write: nobody loses anything.

import { type ConfigMap, configMapDefinition } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { type Ledger, startWriters } from '../kit/ledger.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { type RecordedWatch, recordWatch } from '../kit/recorded-watch.ts'
import {
  type HeartbeatSampling,
  irregularities,
  type ProcessSampling,
  sampleHeartbeat,
  sampleProcesses,
} from '../kit/sampling.ts'
import { printedRandom } from '../kit/seed.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import {
  askGuest,
  guestMachine,
  instances,
  key,
  type RunningGuest,
  uidOf,
  untilGuestAnswers,
  virtualMachines,
} from '../kit/virtual-machines.ts'

const isFull = process.env['SHEAF_TEST_FULL'] === '1'
const restarts = isFull ? 100 : 15
const writerCount = 3
/** Between two deaths so many writes are acknowledged, at most. */
const mostWritesBetween = 120
const restartDeadlineMs = 30_000

let server: ServerProcess
let guests: RunningGuest[]
let pidsBefore: Map<string, number>
let processes: ProcessSampling
let heartbeats: HeartbeatSampling[]
let ledger: Ledger
let watch: RecordedWatch<ConfigMap>
const random = printedRandom('restart')

const pidsNow = (): Map<string, number> => new Map(machineProcesses(server.dataFolder).map(({ id, pid }) => [id, pid]))

beforeAll(async () => {
  server = await startServerProcess()
  const strategies = ['Always', 'RerunOnFailure', 'Manual'] as const
  for (const strategy of strategies) await virtualMachines(server).create(guestMachine(strategy.toLowerCase(), strategy))
  await server.sheaf('start', 'manual')
  guests = await Promise.all(strategies.map((strategy) => untilGuestAnswers(server, strategy.toLowerCase())))
  pidsBefore = pidsNow()
  processes = sampleProcesses(server.dataFolder)
  heartbeats = guests.map(({ instance }) => sampleHeartbeat(instance))
  watch = await recordWatch<ConfigMap>(server, configMapDefinition)
  ledger = startWriters(server, writerCount)
})

afterAll(async () => {
  await watch?.stop()
  await ledger?.stop()
  await Promise.all([processes, ...(heartbeats ?? [])].map((sampling) => sampling?.stop()))
  await server?.dispose()
})

describe(`when the server is killed ${restarts} times while three guests run and ${writerCount} clients write`, () => {
  test.each(Array.from({ length: restarts }, (_, round) => round + 1))(
    'death %i: no acknowledged write is lost, and every guest runs on in its process',
    async () => {
      const enough = ledger.acknowledgements + 1 + random.below(mostWritesBetween)
      await eventually('writes go on', () => ledger.acknowledgements >= enough, restartDeadlineMs)
      await server.kill('SIGKILL')
      await server.start()
      expect(await ledger.losses()).toEqual([])
      expect(pidsNow()).toEqual(pidsBefore)
      for (const { instance } of guests) {
        const now = await instances(server).get(key(instance.metadata.name ?? ''))
        expect(uidOf(now)).toBe(uidOf(instance))
        expect(now.status?.phase).toBe('Running')
      }
    },
    restartDeadlineMs,
  )

  test('the last server takes writes, and nothing was refused or went back in time', async () => {
    const before = ledger.acknowledgements
    await eventually('writes go on', () => ledger.acknowledgements > before + writerCount)
    await ledger.stop()
    expect(await ledger.losses()).toEqual([])
    expect(ledger.troubles).toEqual([])
  })

  test('a watch that resumes from where it was has seen every write once, in order', async () => {
    await eventually(
      'the watch is up to date',
      () => Number(watch.events.at(-1)?.object.metadata.resourceVersion) >= ledger.highest,
    )
    await watch.stop()
    expect(watch.refusals).toEqual([])
    expect(watch.connections).toBe(restarts + 1)
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions.filter((version, index) => version <= (versions[index - 1] ?? 0))).toEqual([])
    const seen = Map.groupBy(watch.events, ({ object }) => object.metadata.name ?? '')
    for (const [name, { acknowledged }] of ledger.entries) {
      const counts = (seen.get(name) ?? []).map(({ type, object }) => `${type} ${object.data?.['count']}`)
      expect(counts).toEqual(
        Array.from({ length: acknowledged + 1 }, (_, count) => `${count === 0 ? 'ADDED' : 'MODIFIED'} ${count}`),
      )
    }
  })

  test('no machine ever had a second process', async () => {
    await processes.stop()
    expect(processes.doubled).toEqual([])
    expect(new Map([...processes.pids].map(([id, pids]) => [id, [...pids]]))).toEqual(
      new Map([...pidsBefore].map(([id, pid]) => [id, [pid]])),
    )
  })

  test('no guest noticed: the same boot, and its count of seconds goes on', async () => {
    for (const { instance, bootId } of guests) expect(await askGuest(instance, '/boot-id')).toBe(bootId)
    await Promise.all(heartbeats.map((heartbeat) => heartbeat.stop()))
    for (const heartbeat of heartbeats) {
      expect(heartbeat.beats.length).toBeGreaterThan(restarts)
      expect(irregularities(heartbeat)).toEqual([])
    }
  })
})
