// `sheaf migrate-storage` over the real API server and controllers and simulated machines: whatever a virtual machine is
// doing, saying the same in other words starts nothing and stops nothing.

import {
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import { findCondition, type Json, StatusError } from '@sheaf/api/meta'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type MigrationOptions,
  type MigrationResult,
  migrateStorage,
} from '../../packages/cli/src/migrate-storage/migrate-storage.ts'
import { becomeQuiet, pass, type Platform } from './pace.ts'
import { closePlatform, openPlatform } from './platform.ts'

const namespace = 'default'
const minuteMs = 60_000

let platform: Platform
beforeEach(async () => {
  platform = await openPlatform()
})
afterEach(() => closePlatform(platform))

const vms = () => platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition)
const vmis = () => platform.plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
const key = (name: string) => ({ namespace, name })
const act = (name: string, action: string, body: Json = {}, plural = 'virtualmachines') =>
  platform.plane.client.request(
    'PUT',
    `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/${plural}/${name}/${action}`,
    body,
  )

function create(name: string, running: boolean, metadata: object = {}): Promise<VirtualMachine> {
  return vms().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace, ...metadata },
    spec: {
      running,
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 10, domain: { memory: { guest: '64Mi' }, devices: {} } },
      },
    },
  })
}

async function migrate(
  options: Partial<MigrationOptions> = {},
  client: Client = platform.plane.client,
): Promise<MigrationResult & { lines: string[] }> {
  const lines: string[] = []
  const teller = { line: (text: string) => void lines.push(text), progress: () => {} }
  return { ...(await migrateStorage(client, { dryRun: false, ...options }, teller)), lines }
}

/** Everything that a guest, or somebody who watches it, could notice. */
async function world() {
  const instances = (await vmis().list()).items.map(({ metadata, status }) => [metadata.name, metadata.uid, status?.phase])
  const machines = (await platform.host.list()).map(({ id, state }) => [id, state.kind])
  const starts = [...platform.host.starts].map(([name, all]) => [name, all.length])
  const requests = (await vms().list()).items.map(({ metadata, status }) => [
    metadata.name,
    metadata.uid,
    metadata.deletionTimestamp,
    status?.stateChangeRequests,
    status?.startFailure,
    findCondition(status?.conditions, 'RestartRequired')?.status,
  ])
  return { instances, machines, starts, requests }
}

const strategyOf = async (name: string) => {
  const { running, runStrategy } = (await vms().get(key(name))).spec
  return [running, runStrategy]
}

test('DU24 no machine starts or stops: running, off, failing, paused or on its way out', async () => {
  platform.host.refused.add(`${namespace}_fails`)
  await create('runs', true)
  await create('off', false)
  await create('fails', true)
  await create('paused', true)
  await create('leaves', true, { finalizers: ['example.org/hold'] })
  await pass(platform, minuteMs)
  await act('paused', 'pause', {}, 'virtualmachineinstances')
  await vms().delete(key('leaves'))
  await pass(platform, minuteMs)
  const statuses = Object.fromEntries(
    (await vms().list()).items.map(({ metadata, status }) => [metadata.name, status?.printableStatus]),
  )
  expect(statuses).toEqual({
    runs: 'Running',
    off: 'Stopped',
    fails: 'CrashLoopBackOff',
    paused: 'Paused',
    leaves: 'Terminating',
  })

  const before = await world()
  expect(await migrate()).toMatchObject({ rewritten: 5, left: 0 })
  await becomeQuiet(platform)
  expect(await world()).toEqual(before)
  for (const name of ['runs', 'fails', 'paused', 'leaves']) expect(await strategyOf(name)).toEqual([undefined, 'Always'])
  expect(await strategyOf('off')).toEqual([undefined, 'Halted'])

  // And it stays so: only the failing one goes on trying, at its own pace.
  platform.host.refused.clear()
  await pass(platform, 20 * minuteMs)
  const after = await world()
  const others = <T extends unknown[]>(list: T[]) => list.filter(([name]) => !String(name).includes('fails'))
  expect(others(after.starts)).toEqual(others(before.starts))
  expect(others(after.instances)).toEqual(others(before.instances))
  expect((await vms().get(key('fails'))).status?.printableStatus).toBe('Running')
  await vms().patch(key('leaves'), { metadata: { finalizers: null } })
})

test('DU24 a wish that is pending is fulfilled as it would have been', async () => {
  await create('restarts', true)
  await create('starts', false)
  await pass(platform, minuteMs)
  const first = (await vmis().get(key('restarts'))).metadata.uid
  await act('restarts', 'restart')
  await act('starts', 'start', { paused: true })
  expect((await vms().get(key('restarts'))).status?.stateChangeRequests).toHaveLength(2)
  expect((await vms().get(key('starts'))).status?.stateChangeRequests).toHaveLength(1)
  expect(await migrate()).toMatchObject({ rewritten: 2, left: 0 })
  await pass(platform, minuteMs)
  const again = await vmis().get(key('restarts'))
  expect(again.metadata.uid).not.toBe(first)
  expect(again.status?.phase).toBe('Running')
  expect(platform.host.starts.get(`${namespace}_restarts`)).toHaveLength(2)
  expect(findCondition((await vmis().get(key('starts'))).status?.conditions, 'Paused')?.status).toBe('True')
  expect(platform.host.starts.get(`${namespace}_starts`)).toHaveLength(1)
})

test('DU22 a second run finds nothing, and a dry run changes nothing', async () => {
  await create('one', true)
  await create('two', false)
  await pass(platform, minuteMs)
  const revision = platform.host.store.revision
  const dry = await migrate({ dryRun: true })
  expect(dry).toEqual({
    rewritten: 2,
    left: 0,
    lines: [
      'VirtualMachine default/one: spec.running: true → spec.runStrategy: Always',
      'VirtualMachine default/two: spec.running: false → spec.runStrategy: Halted',
    ],
  })
  expect(platform.host.store.revision).toBe(revision)
  expect(await migrate()).toEqual(dry)
  await pass(platform, minuteMs)
  const settled = platform.host.store.revision
  expect(await migrate()).toEqual({ rewritten: 0, left: 0, lines: [] })
  expect(platform.host.store.revision).toBe(settled)
})

test('DU22 an interrupted run is taken up by the next', async () => {
  for (const name of ['a', 'b', 'c']) await create(name, false)
  let patches = 0
  const failing = through(async (method) => {
    if (method === 'PATCH' && ++patches === 2) throw new Error('cut')
    return undefined
  })
  await expect(migrate({}, failing)).rejects.toThrow('cut')
  expect(await migrate()).toMatchObject({ rewritten: 2, left: 0 })
})

test('DU25 only what is asked for is rewritten: a namespace, a selector, a rule', async () => {
  await platform.plane.client.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
  })
  await create('one', false, { labels: { tier: 'web' } })
  await create('two', false)
  await create('three', false, { namespace: 'shop' })
  const asked = async (options: Partial<MigrationOptions>) => (await migrate({ dryRun: true, ...options })).rewritten
  expect(await asked({})).toBe(3)
  expect(await asked({ namespace: 'shop' })).toBe(1)
  expect(await asked({ labelSelector: 'tier=web' })).toBe(1)
  expect(await asked({ rules: new Set(['running']) })).toBe(3)
  expect(await asked({ rules: new Set(['nonroot-annotation']) })).toBe(0)
})

test('DU23 whoever writes at the same time is never overwritten, and is looked at again', async () => {
  await create('one', false)
  await create('two', true)
  await pass(platform, minuteMs)
  const interfere: Record<string, () => Promise<unknown>> = {
    one: () => act('one', 'start'),
    two: () => vms().patch(key('two'), { metadata: { labels: { by: 'somebody' } } }),
  }
  const client = through(async (method, path) => {
    const name = path.split('/').at(-1) ?? ''
    const deed = interfere[name]
    delete interfere[name]
    if (method === 'PATCH') await deed?.()
    return undefined
  })
  expect(await migrate({}, client)).toMatchObject({ rewritten: 2, left: 0 })
  expect(await strategyOf('one')).toEqual([undefined, 'Always'])
  expect((await vms().get(key('two'))).metadata.labels).toMatchObject({ by: 'somebody' })
  await pass(platform, minuteMs)
  expect((await vms().get(key('one'))).status?.printableStatus).toBe('Running')
})

test('DU23 starts and stops at the same time have their effect, whoever writes first', async () => {
  const names = Array.from({ length: 20 }, (_, number) => `vm-${number}`)
  for (const [number, name] of names.entries()) await create(name, number % 2 === 0)
  await pass(platform, minuteMs)
  const deeds = names.map((name, number) => act(name, number % 2 === 0 ? 'stop' : 'start'))
  const [result] = await Promise.all([migrate(), ...deeds])
  expect(result).toMatchObject({ rewritten: 20, left: 0 })
  await pass(platform, 2 * minuteMs)
  for (const [number, name] of names.entries()) {
    expect(await strategyOf(name)).toEqual([undefined, number % 2 === 0 ? 'Halted' : 'Always'])
    expect((await vms().get(key(name))).status?.printableStatus).toBe(number % 2 === 0 ? 'Stopped' : 'Running')
  }
})

test('DU21 what is not rewritten is told with the reason and what to do next', async () => {
  await create('restless', false)
  let changes = 0
  const restless = through(async (method) => {
    if (method === 'PATCH') await vms().patch(key('restless'), { metadata: { labels: { change: String(changes++) } } })
    return undefined
  })
  expect(await migrate({}, restless)).toEqual({
    rewritten: 0,
    left: 1,
    lines: [
      'not rewritten: VirtualMachine default/restless: it changes faster than it can be rewritten. Run this again when it is at rest.',
    ],
  })

  const refused = through(async (method) => (method === 'PATCH' ? new StatusError(403, 'Forbidden', 'no right') : undefined))
  expect((await migrate({}, refused)).lines).toEqual([
    'not rewritten: VirtualMachine default/restless: no right. Ask for the right to patch it, or let somebody run this who has it.',
  ])
})

test('DU40 whatever is done to a machine that speaks of running, no client of our own is warned', async () => {
  await create('old', true)
  await pass(platform, minuteMs)
  await act('old', 'pause', {}, 'virtualmachineinstances')
  await act('old', 'unpause', {}, 'virtualmachineinstances')
  await act('old', 'restart')
  await pass(platform, minuteMs)
  await act('old', 'stop')
  await pass(platform, minuteMs)
  expect(await strategyOf('old')).toEqual([false, undefined])
  await act('old', 'start')
  await pass(platform, minuteMs)
  expect(await strategyOf('old')).toEqual([true, undefined])
  await vms().delete(key('old'))
  await pass(platform, minuteMs)
  expect(await vms().find(key('old'))).toBeUndefined()
  expect(platform.plane.complaints).toEqual([])
})

/** The user's way to the server, with something that happens before each request; a refusal takes the place of the answer. */
function through(before: (method: string, path: string) => Promise<StatusError | undefined>): Client {
  return createClient({
    userAgent: 'sheaf',
    async fetch(request) {
      const refusal = await before(request.method, request.path)
      if (refusal === undefined) return platform.plane.fetch(request)
      return { status: refusal.code, headers: {}, body: JSON.stringify(refusal.toStatus()) }
    },
    onWarning: (text) => platform.plane.complaints.push(`we were warned: ${text}`),
  })
}
