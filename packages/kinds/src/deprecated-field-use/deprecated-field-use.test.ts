// docs/spec/deprecated-use.md over the real API server: who sends what is written down, in batches, and bounded.

import {
  completeSinceKey,
  type ConfigMap,
  configMapDefinition,
  type DeprecatedFieldUse,
  deprecatedFieldRecord,
  deprecatedFieldUseDefinition,
  runningIsDeprecated,
  type VirtualMachine,
  virtualMachineDefinition,
} from '@sheaf/api'
import { createClient } from '@sheaf/api/client'
import type { UserInfo } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../api-server.fixture.ts'
import { virtualMachineKind } from '../virtualmachine/index.ts'
import { createDeprecatedFieldUses, type DeprecatedFieldUses, sightingsIn } from './index.ts'

const ada: UserInfo = { username: 'ada', groups: ['system:masters'] }
const kubectl = 'kubectl/v1.32.5 (linux/amd64) kubernetes/9894294'

interface World extends TestApi {
  uses: DeprecatedFieldUses
  machines: (userAgent?: string, user?: UserInfo) => ReturnType<ReturnType<typeof createClient>['resource']>
  stored(): Promise<DeprecatedFieldUse[]>
  completeSince(): Promise<string | undefined>
}

async function startWorld(): Promise<World> {
  // It is made of the API that it listens to.
  let record: DeprecatedFieldUses['record'] = () => {}
  const api = await startTestApi((ports) => [...smallKinds, virtualMachineKind(ports)] as typeof smallKinds, {
    observer: {
      answered: (request) => sightingsIn(request).forEach((sighting) => record(sighting)),
      watching: () => () => {},
    },
  })
  const uses = createDeprecatedFieldUses(api)
  uses.start()
  record = uses.record
  const configMaps = api.client.resource<ConfigMap>(configMapDefinition)
  const completeSince = async () => (await configMaps.find(deprecatedFieldRecord))?.data?.[completeSinceKey]
  await api.until(async () => (await completeSince()) !== undefined)
  return {
    ...api,
    uses,
    completeSince,
    machines: (userAgent = kubectl, user = ada) =>
      createClient({ fetch: api.server.fetchAs(user), userAgent }).resource(virtualMachineDefinition),
    stored: async () => (await api.client.resource<DeprecatedFieldUse>(deprecatedFieldUseDefinition).list()).items,
  }
}

function machine(name: string, spec: object): VirtualMachine {
  const template = { spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } }
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace: 'default' },
    spec: { ...spec, template },
  } as VirtualMachine
}

const byText = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)
const seconds = (count: number): number => count * 1000

async function pass(world: World, ms: number): Promise<void> {
  const until = world.clock.now() + ms
  await world.until(() => world.clock.now() >= until, 500)
}

test('DU1 who sends a deprecated field is named, with the program, the object, the times and what to write instead', async () => {
  const world = await startWorld()
  await world.machines().create(machine('one', { running: true }))
  await world.until(async () => (await world.stored()).length === 1)
  const [use] = await world.stored()
  expect(use).toMatchObject({
    metadata: { name: expect.stringMatching(/^running-virtualmachine-[0-9a-f]{16}$/) },
    rule: 'running',
    field: 'spec.running',
    replacement: 'runStrategy: Always for true, Halted for false',
    resource: { group: 'kubevirt.io', version: 'v1', kind: 'VirtualMachine', plural: 'virtualmachines' },
    user: 'ada',
    client: 'kubectl',
    userAgent: kubectl,
    objects: ['default/one'],
    count: 1,
  })
  expect(use?.firstSeen).toBe(use?.lastSeen)
  await world.uses.stop()
  expect(world.log.lines).toEqual([])
})

test('DU2 what counts is what the request itself says: body or patch, dry run or refused, not what is stored', async () => {
  const world = await startWorld()
  const key = { namespace: 'default', name: 'one' }
  const counted = async (what: () => Promise<unknown>): Promise<number> => {
    const sum = async () => (await world.stored()).reduce((total, { count }) => total + count, 0)
    const before = await sum()
    await what().catch(() => undefined)
    await pass(world, seconds(11))
    return (await sum()) - before
  }
  const { machines } = world
  expect(await counted(() => machines().create(machine('one', { running: false })))).toBe(1)
  expect(await counted(() => machines().patch(key, { spec: { running: true } }))).toBe(1)
  expect(await counted(() => machines().patch(key, { metadata: { labels: { a: 'b' } } }))).toBe(0)
  const operations = [{ op: 'replace', path: '/spec/running', value: false }]
  expect(await counted(() => machines().patch(key, operations, { type: 'json' }))).toBe(1)
  expect(
    await counted(() => machines().patch(key, [{ op: 'test', path: '/spec/running', value: false }], { type: 'json' })),
  ).toBe(0)
  expect(await counted(() => machines().patch(key, { spec: { running: true } }, { dryRun: true }))).toBe(1)
  expect(await counted(() => machines().patch(key, { spec: { running: null, runStrategy: 'Halted' } }))).toBe(0)
  // Both at once are refused; that does not make it any less sent.
  expect(await counted(() => machines().patch(key, { spec: { running: true } }))).toBe(1)
  expect(await counted(async () => machines().update(await machines().get(key)))).toBe(0)
  expect(await counted(() => machines().get(key))).toBe(0)
})

test("DU4 Sheaf's own controllers are never among them", async () => {
  const world = await startWorld()
  await world.machines().create(machine('one', { running: true }))
  await world.uses.stop()
  const own = world.client.resource<VirtualMachine>(virtualMachineDefinition)
  const vm = await own.get({ namespace: 'default', name: 'one' })
  await own.updateStatus({ ...vm, status: { created: true } })
  await own.update({ ...vm, metadata: { ...vm.metadata, resourceVersion: '', labels: { a: 'b' } } }).catch(() => undefined)
  await world.uses.stop()
  expect((await world.stored()).map(({ user, count }) => [user, count])).toEqual([['ada', 1]])
})

test('DU5 one object for each rule, Kind, user and program, whatever its version; the same request again only counts', async () => {
  const world = await startWorld()
  await world.machines().create(machine('one', { running: false }))
  await world.machines('kubectl/v1.20.2').create(machine('two', { running: false }))
  await world.machines('terraform/1').create(machine('three', { running: false }))
  await world.machines(kubectl, { username: 'bob', groups: ['system:masters'] }).create(machine('four', { running: false }))
  await world.until(async () => (await world.stored()).length === 3)
  const lines = (await world.stored()).map(({ user, client, count, objects }) => [user, client, count, objects?.join()])
  expect(lines.toSorted(byText)).toEqual([
    ['ada', 'kubectl', 2, 'default/two,default/one'],
    ['ada', 'terraform', 1, 'default/three'],
    ['bob', 'kubectl', 1, 'default/four'],
  ])
})

test('DU6 however many requests come, a use is written once in five seconds', async () => {
  const world = await startWorld()
  await world.machines().create(machine('one', { running: false }))
  const written = () => world.writes.filter((line) => line.includes('deprecatedfielduses')).length
  const before = written()
  for (let round = 0; round < 40; round++) {
    await world.machines().patch({ namespace: 'default', name: 'one' }, { spec: { running: round % 2 === 0 } })
    world.clock.advance(500)
  }
  await pass(world, seconds(6))
  expect((await world.stored())[0]?.count).toBe(41)
  expect(written() - before).toBeLessThanOrEqual(6)
})

test('DU7 counts survive a restart, and what is pending at the end is written', async () => {
  const world = await startWorld()
  await world.machines().create(machine('one', { running: false }))
  await world.uses.stop()
  expect((await world.stored())[0]?.count).toBe(1)
  const [first] = await world.stored()
  await pass(world, seconds(60))

  const successor = createDeprecatedFieldUses(world)
  successor.start()
  const request = { namespace: 'default', name: 'one' }
  for (const sighting of sightingsIn(sentAgain(request))) successor.record(sighting)
  await successor.stop()
  const [second] = await world.stored()
  expect(second).toMatchObject({ metadata: { name: first?.metadata.name }, firstSeen: first?.firstSeen, count: 2 })
  expect(Date.parse(second?.lastSeen ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.lastSeen ?? '') + seconds(60))
})

test('DU8 beyond five hundred the uses not seen for longest go, and the record says since when the rest is complete', async () => {
  const world = await startWorld()
  const [sighting] = sightingsIn(sentAgain({ namespace: 'default', name: 'one' }))
  if (sighting === undefined) throw new Error('nothing was seen')
  const since = await world.completeSince()
  world.uses.record({ ...sighting, client: 'oldest' })
  await pass(world, seconds(10))
  for (let number = 0; number < 500; number++) world.uses.record({ ...sighting, client: `client-${number}` })
  await world.uses.stop()
  const clients = (await world.stored()).map(({ client }) => client)
  expect(clients.length).toBe(450)
  expect(clients).not.toContain('oldest')
  expect(Date.parse((await world.completeSince()) ?? '')).toBeGreaterThan(Date.parse(since ?? ''))
  expect(world.log.lines).toEqual([])
})

test('DU8 sightings of more senders than can wait are dropped, and the record says so', async () => {
  const world = await startWorld()
  const [sighting] = sightingsIn(sentAgain({ namespace: 'default', name: 'one' }))
  if (sighting === undefined) throw new Error('nothing was seen')
  world.clock.advance(seconds(3600))
  for (let number = 0; number < 1_001; number++) world.uses.record({ ...sighting, client: `client-${number}` })
  const dropped = world.clock.now()
  await world.uses.stop()
  expect(Date.parse((await world.completeSince()) ?? '')).toBeGreaterThanOrEqual(dropped - seconds(1))
})

test('DU40 one of our own clients that did bring a deprecated field in would be heard of', async () => {
  const { client, log } = await startWorld()
  await client.resource<VirtualMachine>(virtualMachineDefinition).create(machine('one', { running: true }))
  expect(log.lines).toEqual([expect.stringContaining(runningIsDeprecated)])
})

function sentAgain({ namespace, name }: { namespace: string; name: string }): Parameters<typeof sightingsIn>[0] {
  return {
    subject: {
      verb: 'PATCH',
      group: 'kubevirt.io',
      version: 'v1',
      resource: 'virtualmachines',
      kind: 'VirtualMachine',
      subresource: '',
      scope: 'resource',
      namespace,
      name,
    },
    user: ada,
    userAgent: kubectl,
    dryRun: false,
    code: 200,
    durationMs: 1,
    sent: { form: 'merge', value: { spec: { running: true } } },
  }
}
