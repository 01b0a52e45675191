// The disk that holds the data folder fills up: writes are refused in words, everything else goes on, nothing that was
// acknowledged is lost, and when there is room again it is as if nothing had been.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ConfigMap, configMapDefinition } from '@sheaf/api'
import { StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { type RecordedWatch, recordWatch } from '../kit/recorded-watch.ts'
import { type HeartbeatSampling, irregularities, sampleHeartbeat } from '../kit/sampling.ts'
import { run, type ServerProcess, sheafProgram, startServerProcess } from '../kit/server-process.ts'
import { mountSmallDisk } from '../kit/small-disk.ts'
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

/** Room for a store and a guest's folder. */
const diskBytes = 32 * 1024 * 1024
/** What the writers then fill themselves. */
const leftBytes = 2 * 1024 * 1024
const writers = 4
/** A server that does come up would never end. */
const startSeconds = '20'
const text = 'x'.repeat(8_000)

const disk = mountSmallDisk(diskBytes)
if ('reason' in disk) console.log(`disk-full is skipped: ${disk.reason}`)

describe.skipIf('reason' in disk)('when the disk of the data folder is full', () => {
  if ('reason' in disk) return
  let server: ServerProcess
  let guest: RunningGuest
  let watch: RecordedWatch<ConfigMap>
  let heartbeat: HeartbeatSampling
  /** Names with the resourceVersion that was acknowledged. */
  const acknowledged = new Map<string, string>()
  const refusals: StatusError[] = []
  const configMaps = () => server.client.resource<ConfigMap>(configMapDefinition)

  beforeAll(async () => {
    const dataFolder = join(disk.folder, 'data')
    mkdirSync(dataFolder)
    server = await startServerProcess({ dataFolder })
    await virtualMachines(server).create(guestMachine('beside', 'Always'))
    guest = await untilGuestAnswers(server, 'beside')
    heartbeat = sampleHeartbeat(guest.instance)
    watch = await recordWatch<ConfigMap>(server, configMapDefinition)
  })
  afterAll(async () => {
    await watch?.stop()
    await heartbeat?.stop()
    await server?.dispose()
    disk.unmount()
  })

  async function write(name: string): Promise<void> {
    const { metadata } = await configMaps().create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default', labels: { filling: 'yes' } },
      data: { text },
    })
    acknowledged.set(name, metadata.resourceVersion ?? '')
  }

  async function writeUntilRefused(writer: number): Promise<void> {
    for (let number = 0; ; number++) {
      try {
        await write(`filling-${writer}-${number}`)
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        return void refusals.push(error)
      }
    }
  }

  async function stored(): Promise<Map<string, string>> {
    const { items } = await configMaps().list({ namespace: 'default', labelSelector: 'filling=yes' })
    return new Map(items.map(({ metadata }) => [metadata.name ?? '', metadata.resourceVersion ?? '']))
  }

  const sorted = (map: Map<string, string>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))

  test('every writer is told so: 507, the reason, the folder', async () => {
    await write('before')
    disk.fillUpTo(leftBytes)
    await Promise.all(Array.from({ length: writers }, (_, writer) => writeUntilRefused(writer)))
    expect(acknowledged.size).toBeGreaterThan(writers)
    expect(refusals.length).toBe(writers)
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 507, reason: 'InsufficientStorage' })
      expect(refusal.message).toContain(server.dataFolder)
    }
  })

  test('what was acknowledged is read, what was refused is not there, and a watch has seen just that', async () => {
    expect(sorted(await stored())).toEqual(sorted(acknowledged))
    await eventually('the watch is up to date', () => watch.events.length >= acknowledged.size)
    const seen = new Map(watch.events.map(({ object: { metadata } }) => [metadata.name ?? '', metadata.resourceVersion ?? '']))
    expect(sorted(seen)).toEqual(sorted(acknowledged))
    expect(watch.events.length).toBe(acknowledged.size)
    expect(watch.connections).toBe(1)
  })

  test('the guest runs on', async () => {
    const from = heartbeat.beats.at(-1)?.beat ?? 0
    await eventually('its count goes on', () => (heartbeat.beats.at(-1)?.beat ?? 0) > from + 1)
    expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
    expect((await instances(server).get(key('beside'))).status?.phase).toBe('Running')
  })

  test('a server that cannot come back says in one sentence what would help, and the guest runs on', async () => {
    // In peace, so that no log of the store is left whose room it could use.
    await server.kill('SIGTERM')
    disk.fillUpTo(0)
    const environment = { ...process.env, SHEAF_DATA: server.dataFolder, SHEAF_PORT: '0', SHEAF_ACCEL: 'tcg' }
    const { code, stderr } = await run('timeout', [startSeconds, sheafProgram, 'serve'], environment)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^sheaf: .*no space left.*Free some disk space and start again; guests run on meanwhile\.$/m)
    expect(stderr).not.toContain('    at ')
    expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
  })

  test('it comes back when there is room, with everything that was acknowledged', async () => {
    disk.free()
    await server.start()
    expect(sorted(await stored())).toEqual(sorted(acknowledged))
    expect(machineProcesses(server.dataFolder).map(({ id }) => id)).toEqual([uidOf(guest.instance)])
    expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
  })

  test('a running server takes writes again as soon as there is room', async () => {
    disk.fillUpTo(leftBytes)
    await writeUntilRefused(writers)
    disk.free()
    await write('after')
    expect(sorted(await stored())).toEqual(sorted(acknowledged))
    await eventually('the watch is up to date', () => watch.events.at(-1)?.object.metadata.name === 'after')
    expect(watch.refusals).toEqual([])
    expect(watch.events.length).toBe(acknowledged.size)
    await heartbeat.stop()
    expect(irregularities(heartbeat)).toEqual([])
  })

  test('a guest that ends while the disk is full is started again when there is room', async () => {
    disk.fillUpTo(0)
    await askGuest(guest.instance, '/poweroff')
    await eventually('the guest is silent', () =>
      askGuest(guest.instance, '/boot-id').then(
        () => false,
        () => true,
      ),
    )
    disk.free()
    const after = await untilGuestAnswers(server, 'beside', guest)
    expect(uidOf(after.instance)).not.toBe(uidOf(guest.instance))
  })
})
