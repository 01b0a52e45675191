// The migrations of a release over the real API server and controllers and simulated machines: forward and back, dying
// between any two writes, beside others who write, and nothing of it starts or stops a machine.

import {
  type JournalRecord,
  migrateBackward,
  migrateForward,
  type MigrationJournal,
  type MigrationRunReport,
  migrations,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
  type VirtualMachinePool,
  virtualMachinePoolDefinition,
} from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import type { Json } from '@sheaf/api/meta'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { becomeQuiet, pass, type Platform } from './pace.ts'
import { closePlatform, openPlatform } from './platform.ts'

const namespace = 'default'
const minuteMs = 60_000

let platform: Platform
let records: JournalRecord[]
beforeEach(async () => {
  records = []
  platform = await openPlatform()
})
afterEach(() => closePlatform(platform))

const vms = () => platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition)
const vmis = () => platform.plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
const key = (name: string) => ({ namespace, name })

function create(
  name: string,
  strategy: { running: boolean } | { runStrategy: 'RerunOnFailure' | 'Manual' },
): Promise<VirtualMachine> {
  const spec = { domain: { memory: { guest: '64Mi' }, devices: {} } }
  return vms().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace },
    spec: { ...strategy, template: { spec } },
  })
}

/** Everything that a migration does, in its order: what is journalled, and which objects are patched. */
interface Steps {
  deeds: string[]
  client: Client
  journal: MigrationJournal
}

class Died extends Error {}

/** `before` is called before each journal entry and each patch; to throw there is to die there. */
function steps(before: (deed: string, count: number) => Promise<void> | void = () => {}): Steps {
  const deeds: string[] = []
  const step = async (deed: string): Promise<void> => {
    deeds.push(deed)
    await before(deed, deeds.length)
  }
  return {
    deeds,
    journal: {
      read: async () => JSON.parse(JSON.stringify(records)) as JournalRecord[],
      append: async (more) => {
        await step(`journal ${more.map((each) => (each.kind === 'rewrite' ? each.object.name : each.kind)).join(' ')}`)
        records.push(...more)
      },
    },
    client: createClient({
      userAgent: 'sheaf',
      async fetch(request) {
        if (request.method === 'PATCH') await step(`patch ${request.path.split('/').at(-1)}`)
        return platform.plane.fetch(request)
      },
    }),
  }
}

const forward = (given = steps(), dryRun = false): Promise<MigrationRunReport> => migrateForward({ ...given, migrations, dryRun })
const backward = (given = steps(), dryRun = false): Promise<MigrationRunReport> => migrateBackward({ ...given, dryRun })

const strategies = async () =>
  Object.fromEntries(
    (await vms().list()).items.map(({ metadata, spec }) => [metadata.name, spec.running ?? spec.runStrategy] as const),
  )

/** Everything that a guest could notice. */
async function guests() {
  const instances = (await vmis().list()).items.map(({ metadata, status }) => [metadata.name, metadata.uid, status?.phase])
  const starts = [...platform.host.starts].map(([name, all]) => [name, all.length])
  const machines = (await platform.host.list()).map(({ id, state }) => [id, state.kind])
  return { instances, starts, machines }
}

const original = { on: true, off: false, again: 'RerunOnFailure', byHand: 'Manual' }
const migrated = { on: 'Always', off: 'Halted', again: 'RerunOnFailure', byHand: 'Manual' }

async function createAll(): Promise<void> {
  await create('on', { running: true })
  await create('off', { running: false })
  await create('again', { runStrategy: 'RerunOnFailure' })
  await create('byHand'.toLowerCase(), { runStrategy: 'Manual' })
  await pass(platform, minuteMs)
}

const named = (all: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value]))

test('UP80 forward and backward say the same in other words, and no machine starts, stops or notices', async () => {
  await createAll()
  const before = await guests()
  expect(await forward()).toEqual({
    direction: 'forward',
    dryRun: false,
    migrations: [{ name: 'running-to-run-strategy', changed: 2 }],
    samples: [
      'VirtualMachine default/off: spec.running: false → absent, spec.runStrategy: absent → "Halted"',
      'VirtualMachine default/on: spec.running: true → absent, spec.runStrategy: absent → "Always"',
    ],
    left: [],
  })
  expect(await strategies()).toEqual(named(migrated))
  await pass(platform, 5 * minuteMs)
  expect(await guests()).toEqual(before)
  expect(await backward()).toMatchObject({ migrations: [{ name: 'running-to-run-strategy', changed: 2 }], left: [] })
  expect(await strategies()).toEqual(named(original))
  await pass(platform, 5 * minuteMs)
  expect(await guests()).toEqual(before)
})

test('UP106 a migration that is kept stays forward, and what is taken back later is as it was', async () => {
  await createAll()
  await forward()
  const keep = ['running-to-run-strategy']
  expect(await migrateBackward({ ...steps(), keep })).toMatchObject({ migrations: [], left: [] })
  expect(await strategies()).toEqual(named(migrated))
  expect(await backward()).toMatchObject({ migrations: [{ name: 'running-to-run-strategy', changed: 2 }] })
  expect(await strategies()).toEqual(named(original))
  expect(await backward()).toMatchObject({ migrations: [] })
})

test('UP80 what makes machines says the same too, and what it has made runs on', async () => {
  const labels = { app: 'shop' }
  const pools = platform.plane.client.resource<VirtualMachinePool>(virtualMachinePoolDefinition)
  await pools.create({
    apiVersion: 'pool.kubevirt.io/v1beta1',
    kind: 'VirtualMachinePool',
    metadata: { name: 'shop', namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      virtualMachineTemplate: {
        metadata: { labels },
        spec: {
          running: true,
          template: { metadata: { labels }, spec: { domain: { memory: { guest: '64Mi' }, devices: {} } } },
        },
      },
    },
  })
  await pass(platform, minuteMs)
  const before = await guests()
  expect(before.machines).toHaveLength(3)
  const wish = async () => (await pools.get(key('shop'))).spec.virtualMachineTemplate.spec
  for (const [run, expected] of [
    [forward, { runStrategy: 'Always' }],
    [backward, { running: true }],
  ] as const) {
    expect(await run()).toMatchObject({ migrations: [{ changed: 1 }], left: [] })
    expect(await wish()).toMatchObject(expected)
    await pass(platform, 5 * minuteMs)
    expect(await guests()).toEqual(before)
  }
})

test('UP81 what takes a rewriting back is in the journal before the object is touched', async () => {
  await createAll()
  const given = steps()
  await forward(given)
  expect(given.deeds).toEqual(['journal off on', 'patch off', 'patch on'])
  expect(records).toMatchObject([
    {
      kind: 'rewrite',
      migration: 'running-to-run-strategy',
      object: { namespace, name: 'off', resource: { kind: 'VirtualMachine' } },
      inverse: [
        { path: ['spec', 'runStrategy'], from: 'Halted' },
        { path: ['spec', 'running'], to: false },
      ],
    },
    { object: { name: 'on' } },
  ])
})

test('UP82 it may die between any two writes, forward and backward, and be run again; nothing is lost either way', async () => {
  await createAll()
  const before = await guests()
  let deaths = 0
  for (const [run, goal] of [
    [forward, migrated],
    [backward, original],
  ] as const) {
    for (let effect = 1; ; effect++) {
      const back = run === forward ? backward : forward
      const dying = steps((_, count) => {
        if (count >= effect) throw new Died()
      })
      const died = await run(dying).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Died) return true
          throw error
        },
      )
      await becomeQuiet(platform)
      await run()
      expect(await strategies()).toEqual(named(goal))
      if (!died) break
      deaths++
      // Back to where it began, for a death one write later.
      await back()
    }
  }
  expect(deaths).toBeGreaterThanOrEqual(6)
  await pass(platform, 5 * minuteMs)
  expect(await guests()).toEqual(before)
})

test('UP83 whoever writes at the same time wins, is looked at again, and what they wrote is what is taken back', async () => {
  await createAll()
  let isChanged = false
  const given = steps(async (deed) => {
    if (deed !== 'patch off' || isChanged) return
    isChanged = true
    await vms().patch(key('off'), { spec: { running: true }, metadata: { labels: { by: 'somebody' } } })
  })
  expect(await forward(given)).toMatchObject({ migrations: [{ changed: 2 }], left: [] })
  // The controller writes what it makes of it as well, so it may need more than two attempts.
  expect(given.deeds.slice(0, 5)).toEqual(['journal off on', 'patch off', 'patch on', 'journal off', 'patch off'])
  expect(await strategies()).toMatchObject({ off: 'Always' })
  await backward()
  expect(await strategies()).toMatchObject({ off: true, on: true })
  expect((await vms().get(key('off'))).metadata.labels).toMatchObject({ by: 'somebody' })
})

test('UP84 backward leaves what somebody has changed since, and says so', async () => {
  await createAll()
  await create('gone', { running: false })
  await forward()
  await vms().patch(key('on'), { spec: { runStrategy: 'Manual' } })
  await vms().patch(key('off'), { metadata: { labels: { by: 'somebody' } } })
  await vms().delete(key('gone'))
  await pass(platform, minuteMs)
  await create('gone', { runStrategy: 'Manual' })
  expect(await backward()).toMatchObject({
    migrations: [{ changed: 1 }],
    left: [{ object: 'VirtualMachine default/on', why: 'somebody has changed it since' }],
  })
  expect(await strategies()).toMatchObject({ on: 'Manual', off: false, gone: 'Manual' })
})

test('UP84 what was taken back is not taken back again', async () => {
  await createAll()
  await forward()
  await backward()
  await vms().patch(key('off'), { spec: { running: null, runStrategy: 'Halted' } })
  expect(await backward()).toMatchObject({ migrations: [], left: [] })
  expect(await strategies()).toMatchObject({ off: 'Halted' })
  await forward()
  await backward()
  expect(await strategies()).toMatchObject({ off: 'Halted', on: true })
})

test('UP85 a dry run stores nothing and journals nothing, and tells what a run would change', async () => {
  await createAll()
  const { revision } = platform.host.store
  const dry = await forward(steps(), true)
  expect(platform.host.store.revision).toBe(revision)
  expect(records).toEqual([])
  expect(await forward()).toEqual({ ...dry, dryRun: false })
  expect(await backward(steps(), true)).toMatchObject({ dryRun: true, migrations: [{ changed: 2 }] })
  expect(await strategies()).toEqual(named(migrated))
})

test('UP86 2,000 objects are migrated within seconds, with a sync of the journal for many of them', async () => {
  await Promise.all(Array.from({ length: 2_000 }, (_, number) => create(`vm-${number}`, { running: false })))
  await becomeQuiet(platform)
  const start = performance.now()
  const given = steps()
  expect(await forward(given)).toMatchObject({ migrations: [{ changed: 2_000 }], left: [] })
  expect(performance.now() - start).toBeLessThan(15_000)
  expect(given.deeds.filter((deed) => deed.startsWith('journal')).length).toBeLessThan(100)
  expect(new Set(Object.values(await strategies()))).toEqual(new Set<Json>(['Halted']))
}, 120_000)
