// Two releases in two slots, real guests: whatever the next release does, the platform ends in one of them, and no guest notices.

import { type ConfigMap, configMapDefinition, type Service, serviceDefinition } from '@sheaf/api'
import { isExpired } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chance, wallClock } from '../../packages/server/src/world.ts'
import { eventually } from '../kit/eventually.ts'
import { type Ledger, startWriters } from '../kit/ledger.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { recordWatch } from '../kit/recorded-watch.ts'
import { type HeartbeatSampling, irregularities, sampleApiGap, sampleHeartbeat } from '../kit/sampling.ts'
import { type Fault, otherVersion, ownVersion, startSupervisedServer, type SupervisedServer } from '../kit/supervised-server.ts'
import { askGuest, guestMachine, type RunningGuest, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

/** The promise is one second on a machine of its own; this one shares two cores with its guests. */
const mostGapMs = 3_000
/** From the verdict until the release before serves again. */
const backWithinMs = 10_000
const deadlineSeconds = '4'
const writerCount = 1

let server: SupervisedServer
let guests: RunningGuest[]
/** The port of a service that leads to them. */
let servicePort: number
let pids: object
let heartbeats: HeartbeatSampling[]
let ledger: Ledger
let writes = 0

const configMaps = () => server.client.resource<ConfigMap>(configMapDefinition)
const ledgerKey = { namespace: 'default', name: 'own' }
const pidsNow = () => Object.fromEntries(machineProcesses(server.dataFolder).map(({ id, pid }) => [id, pid]))

/** Something that is acknowledged, and may never be lost. */
async function write(): Promise<void> {
  const found = await configMaps().find(ledgerKey)
  const data = { count: String(writes + 1) }
  const metadata = { ...ledgerKey }
  await (found === undefined
    ? configMaps().create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    : configMaps().update({ ...found, data }))
  writes++
}

const revisionNow = async (): Promise<number> => Number((await configMaps().list({ limit: 1 })).metadata.resourceVersion)

beforeAll(async () => {
  server = await startSupervisedServer()
  const names = ['first', 'second']
  for (const name of names) await virtualMachines(server).create(guestMachine(name, 'Always'))
  guests = await Promise.all(names.map((name) => untilGuestAnswers(server, name)))
  const service = await server.client.resource<Service>(serviceDefinition).create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'guests', namespace: 'default' },
    spec: { type: 'NodePort', selector: { 'kubevirt.io': 'virt-launcher' }, ports: [{ port: 80 }] },
  })
  servicePort = service.spec?.ports?.[0]?.nodePort ?? 0
  pids = pidsNow()
  heartbeats = guests.map(({ instance }) => sampleHeartbeat(instance))
  ledger = startWriters(server, writerCount)
})

afterAll(async () => {
  await ledger?.stop()
  await Promise.all((heartbeats ?? []).map((heartbeat) => heartbeat.stop()))
  await server?.dispose()
})

async function expectAsBefore(current: string): Promise<void> {
  expect(server.slots().current).toBe(current)
  expect(server.slots().trial).toBeUndefined()
  expect((await configMaps().get(ledgerKey)).data?.['count']).toBe(String(writes))
  expect(await ledger.losses()).toEqual([])
  expect(pidsNow()).toEqual(pids)
  for (const { instance, bootId } of guests) expect(await askGuest(instance, '/boot-id')).toBe(bootId)
  // Rule SV30: whoever serves has taken the port over.
  const throughService = async () => {
    const response = await fetch(`http://127.0.0.1:${servicePort}/boot-id`, { headers: { connection: 'close' } })
    const answer = (await response.text()).trim()
    return guests.some(({ bootId }) => bootId === answer)
  }
  await eventually('the port of the service is answered', throughService, mostGapMs)
  await write()
}

describe('a release that cannot stay', () => {
  test.each<[Fault, string]>([
    ['exits at once', 'it ended (code 3)'],
    ['says that it is unfit', 'it was made to fail'],
    ['hangs after it took over', `it did not prove itself within ${deadlineSeconds} s`],
  ])('UP20 UP21 one that %s is taken back: nothing is lost, and no guest notices', async (fault, why) => {
    server.makeOther(fault)
    await write()
    const revision = await revisionNow()
    const begunMs = performance.now()
    const { code, stderr } = await server.sheaf('upgrade', 'rollback', '--deadline', deadlineSeconds)
    expect(stderr).toContain(why)
    expect(code).toBe(1)
    expect(server.slots().outcome).toMatchObject({
      version: otherVersion,
      result: 'taken-back',
      why: expect.stringContaining(why),
    })
    expect(await revisionNow()).toBeGreaterThanOrEqual(revision)
    await expectAsBefore(ownVersion)
    const verdictMs = server.cameAt('cannot stay: ', begunMs)
    if (verdictMs === undefined) return expect(fault).toBe('exits at once')
    const backMs = (server.cameAt('ready url', verdictMs) ?? Number.POSITIVE_INFINITY) - verdictMs
    console.log(`${fault}: the release before is back ${Math.round(backMs)} ms after the verdict`)
    expect(backMs).toBeLessThan(backWithinMs)
  })

  test('UP13 UP22 UP32 on trial it answers reads and holds writes; when the supervisor is killed, the next start takes it back', async () => {
    server.makeOther('never proves itself')
    await write()
    const seen = new Set<string>()
    const informer = startInformer<ConfigMap>({
      client: server.client,
      resource: configMapDefinition,
      clock: wallClock,
      random: chance,
      log: silent,
    })
    informer.onChange(({ key, after }) => key.name === ledgerKey.name && seen.add(after?.data?.['count'] ?? ''))
    const rollback = server.sheaf('upgrade', 'rollback', '--deadline', '60')
    await eventually('the other release serves', () => server.cameAt('ready, on trial', 0) !== undefined && isOn(otherVersion))
    expect((await configMaps().get(ledgerKey)).data?.['count']).toBe(String(writes))
    const held = await server.fetch({
      method: 'PUT',
      path: '/api/v1/namespaces/default/configmaps/own',
      headers: {},
      body: '{}',
    })
    expect([held.status, held.headers['retry-after']]).toEqual([429, '1'])
    const told = await revisionNow()

    await server.kill('SIGKILL')
    await eventually('the release on trial ends by itself', () => server.cameAt('the supervisor is gone', 0) !== undefined)
    await server.start()
    expect((await rollback).code).toBe(1)
    await expectAsBefore(ownVersion)
    expect(await revisionNow()).toBeGreaterThan(told)
    const watch = configMaps()
      .watch({ resourceVersion: String(told) })
      [Symbol.asyncIterator]()
    expect(await watch.next().catch((error: unknown) => isExpired(error))).toBe(true)
    await eventually('an informer goes on', () => seen.has(String(writes)))
    informer.stop()
  })

  test('UP24 one that hangs outlives its supervisor, and is ended by the next', async () => {
    server.makeOther('hangs after it took over')
    const begunMs = performance.now()
    const rollback = server.sheaf('upgrade', 'rollback', '--deadline', '60')
    await eventually('the other release hangs', () => server.cameAt('it hangs now', begunMs) !== undefined)
    await server.kill('SIGKILL')
    await server.start()
    expect(server.cameAt('is left of an earlier supervisor, and is ended', begunMs)).toBeDefined()
    await rollback
    await expectAsBefore(ownVersion)
  })

  test('UP20 one that hangs while it loads is given up, and the present one never stopped serving', async () => {
    server.makeOther('hangs while it loads')
    const gap = sampleApiGap(server)
    const { code, stderr } = await server.sheaf('upgrade', 'rollback', '--deadline', deadlineSeconds)
    expect(stderr).toContain('it did not load within 30 s')
    expect(code).toBe(1)
    expect(await gap.stop()).toBeLessThan(mostGapMs)
    await expectAsBefore(ownVersion)
  })
})

test('UP10 UP14 a release that proves itself takes over: watches go on, and no guest notices', async () => {
  server.makeOther('none')
  const watch = await recordWatch<ConfigMap>(server, configMapDefinition)
  const gap = sampleApiGap(server)
  const { code, stdout, stderr } = await server.sheaf('upgrade', 'rollback')
  expect(stderr).toContain(`${ownVersion} hands the platform over to ${otherVersion}`)
  expect([code, stdout]).toEqual([0, `${otherVersion} runs.\n`])
  const gapMs = await gap.stop()
  console.log(`the API did not answer for ${Math.round(gapMs)} ms`)
  expect(gapMs).toBeLessThan(mostGapMs)
  expect(server.slots()).toMatchObject({ current: otherVersion, previous: ownVersion, outcome: { result: 'confirmed' } })
  await eventually('writes are open', async () => {
    await expectAsBefore(otherVersion)
    return true
  })
  const isOwn = ({ object }: { object: ConfigMap }) =>
    object.metadata.name === ledgerKey.name && object.data?.['count'] === String(writes)
  await eventually('the watch has seen it', () => watch.events.some(isOwn))
  await watch.stop()
  expect(watch.refusals).toEqual([])
  const { stdout: version } = await server.sheaf('version', '-o', 'json')
  expect(JSON.parse(version)).toMatchObject({
    client: { version: otherVersion },
    server: { version: otherVersion, previous: ownVersion },
  })
})

test('UP21 in all that time no write that was acknowledged was lost, and nothing was refused but held writes', async () => {
  const before = ledger.acknowledgements
  await eventually('writes go on', () => ledger.acknowledgements > before + writerCount)
  await ledger.stop()
  expect(await ledger.losses()).toEqual([])
  expect(ledger.troubles.filter((trouble) => !trouble.includes('writes are held: '))).toEqual([])
})

test('UP12 in all that time no guest was started again, and their counts of seconds went on', async () => {
  await Promise.all(heartbeats.map((heartbeat) => heartbeat.stop()))
  for (const heartbeat of heartbeats) {
    expect(heartbeat.beats.length).toBeGreaterThan(10)
    expect(irregularities(heartbeat)).toEqual([])
  }
})

const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function isOn(version: string): Promise<boolean> {
  const { stdout } = await server.sheaf('version', '-o', 'json')
  return (JSON.parse(stdout) as { server?: { version?: string } }).server?.version === version
}
