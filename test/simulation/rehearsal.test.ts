// A rehearsal over the store of a control plane that lived: what stands there, and what somebody has done to it.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { copyStore, openDiskStore, type Store } from '@sheaf/machinery/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RehearsalReport } from '../../packages/server/src/rehearsal/report.ts'
import { rehearse } from '../../packages/server/src/rehearsal/rehearse.ts'
import { openHost } from './host.ts'
import { pass, type Platform } from './pace.ts'
import { openPlatform } from './platform.ts'

const namespace = 'default'
const minuteMs = 60_000
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let platform: Platform
let folder: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-rehearsal-test-'))
  store = await openDiskStore({ path: join(folder, 'store.db') })
  platform = await openPlatform({ ...openHost(), store })
})
afterEach(async () => {
  platform.plane.kill()
  platform.host.close()
  await store.close()
  await rm(folder, { recursive: true })
})

const vms = () => platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition)

function create(name: string, spec: object, template: object = {}): Promise<VirtualMachine> {
  const machine = { domain: { memory: { guest: '64Mi' }, devices: {} }, ...template }
  return vms().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace },
    spec: { ...spec, template: { spec: machine } },
  } as VirtualMachine)
}

async function rehearseNow(signal = new AbortController().signal): Promise<RehearsalReport> {
  const copy = join(folder, 'copy.db')
  await copyStore({ path: join(folder, 'store.db'), target: copy })
  const before = await readFile(copy)
  const report = await rehearse({ store: copy, parentFolder: folder, log: silent, signal })
  expect((await readFile(copy)).equals(before), 'the copy is as it was').toBe(true)
  expect(
    (await readdir(folder)).filter((name) => !/^(store|copy)\.db/.test(name)),
    'nothing is left',
  ).toEqual([])
  return report
}

/** Behind the API's back, as another release might have written it. */
async function tamper(key: string, change: (text: string) => string): Promise<void> {
  const entry = store.get(key)
  if (entry === undefined) throw new Error(`there is no ${key}`)
  await store.write({
    key,
    expect: entry.revision,
    text: (revision) => change(entry.text).replace(/"resourceVersion":"\d+"/, `"resourceVersion":"${revision}"`),
  })
}

test('UP90 a store that this release takes as it is has no problems, whatever its machines are doing', async () => {
  await create('on', { running: true })
  await create('off', { running: false })
  await create(
    'probed',
    { runStrategy: 'Always' },
    { livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 5 } },
  )
  await create('paused', { runStrategy: 'RerunOnFailure' })
  await create('leaves', { runStrategy: 'Always' }, { terminationGracePeriodSeconds: 600 })
  platform.host.refused.add(`${namespace}_fails`)
  await create('fails', { runStrategy: 'Always' })
  await pass(platform, 1_000)
  for (const { plan } of platform.host.machines.machines.values()) platform.host.machines.serveGuestPort(plan.id, 80, () => {})
  await pass(platform, minuteMs)
  await platform.plane.client.request(
    'PUT',
    `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/paused/pause`,
    {},
  )
  await vms().delete({ namespace, name: 'leaves' })
  await pass(platform, 1_000)
  const report = await rehearseNow()
  expect(report.problems).toEqual([])
  expect(report).toMatchObject({ ok: true, moreProblems: 0, machines: 3, release: expect.any(String) as string })
  expect(report.objects).toBe(store.range('').entries.length)
  expect(report.tookMs).toBeGreaterThan(0)
  expect(report.memoryBytes).toBeGreaterThan(0)
}, 60_000)

test('CR8: a rehearsal knows what definitions in the store make, and takes their objects as they are', async () => {
  const names = { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' }
  const size = { type: 'object', properties: { length: { type: 'integer' } } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: size } } }
  const versions = [{ name: 'v1', served: true, storage: true, schema }]
  const established = { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: '' }
  const put = (key: string, object: { metadata: object }) =>
    store.write({
      key,
      expect: 0,
      text: (revision) => {
        const { apiVersion, kind, ...rest } = object as { apiVersion: string; kind: string; metadata: object }
        const metadata = { ...object.metadata, uid: key, resourceVersion: String(revision) }
        return JSON.stringify({ apiVersion, kind, ...rest, metadata })
      },
    })
  await put('/apiextensions.k8s.io/customresourcedefinitions/boats.harbour.example.org', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boats.harbour.example.org' },
    spec: { group: 'harbour.example.org', scope: 'Namespaced', names, versions, conversion: { strategy: 'None' } },
    status: { acceptedNames: names, conditions: [established], storedVersions: ['v1'] },
  } as never)
  const boat = (length: unknown) => ({
    apiVersion: 'harbour.example.org/v1',
    kind: 'Boat',
    metadata: { name: 'ann', namespace },
    spec: { length },
  })
  await put('/harbour.example.org/boats/default/ann', boat(7))
  expect((await rehearseNow()).problems).toEqual([])
  await put('/harbour.example.org/ships/default/bea', boat(7))
  expect((await rehearseNow()).problems).toEqual([
    '/harbour.example.org/ships/default/bea is of a kind that this release does not serve',
  ])
}, 60_000)

test('UP91 what the migrations would change is counted and shown, and the store stays as it is', async () => {
  await create('on', { running: true })
  await create('off', { running: false })
  await pass(platform, minuteMs)
  const { revision } = store
  expect((await rehearseNow()).migration).toMatchObject({
    direction: 'forward',
    migrations: [{ name: 'running-to-run-strategy', changed: 2 }],
    samples: [expect.stringContaining('VirtualMachine default/off: spec.running: false'), expect.stringContaining('default/on')],
  })
  expect(store.revision).toBe(revision)
}, 60_000)

test('UP92 what this release does not serve, cannot read, would refuse or would forget is told, object by object', async () => {
  for (const name of ['unreadable', 'refused', 'forgotten']) await create(name, { runStrategy: 'Halted' })
  await pass(platform, minuteMs)
  const key = (name: string) => `/kubevirt.io/virtualmachines/${namespace}/${name}`
  await store.write({ key: '/example.org/widgets/default/one', expect: 0, text: () => '{}' })
  await tamper(key('refused'), (text) => text.replace('"runStrategy":"Halted"', '"runStrategy":"Never"'))
  await tamper(key('forgotten'), (text) => text.replace('"runStrategy":"Halted"', '"runStrategy":"Halted","tomorrow":true'))
  platform.plane.kill()
  await tamper(key('unreadable'), (text) => text.slice(0, -1))
  const { ok, problems } = await rehearseNow()
  expect(ok).toBe(false)
  expect(problems.join('\n')).toContain('/example.org/widgets/default/one is of a kind that this release does not serve')
  expect(problems.join('\n')).toContain('VirtualMachine default/unreadable cannot be read')
  expect(problems.join('\n')).toContain('VirtualMachine default/refused would be refused')
  expect(problems.join('\n')).toContain('VirtualMachine default/forgotten would lose an unknown field "spec.tomorrow"')
}, 60_000)

test('UP93 a machine that it would not leave alone is told', async () => {
  await create('on', { runStrategy: 'Always' })
  await pass(platform, minuteMs)
  platform.plane.kill()
  // The wish of another: as if this release read it otherwise than the one that wrote it.
  await tamper(`/kubevirt.io/virtualmachines/${namespace}/on`, (text) =>
    text.replace('"runStrategy":"Always"', '"runStrategy":"Halted"'),
  )
  const { ok, problems } = await rehearseNow()
  expect(ok).toBe(false)
  expect(problems).toContain(
    'the machine of default/on would be asked to shut down, though it runs and nobody has asked for that',
  )
}, 60_000)

test('UP94 a store that cannot be opened, or a rehearsal without end, is a report as well', async () => {
  const aborted = AbortSignal.abort(new Error('it was not done within 1 s'))
  expect(await rehearseNow(aborted)).toMatchObject({ ok: false, problems: ['it was not done within 1 s'] })
  const copy = join(folder, 'copy.db')
  await rm(copy)
  await copyStore({ path: join(folder, 'store.db'), target: copy })
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(copy)
  database.exec("UPDATE meta SET value = 2 WHERE name = 'format'")
  database.close()
  const report = await rehearse({ store: copy, parentFolder: folder, log: silent, signal: new AbortController().signal })
  expect(report).toMatchObject({ ok: false, problems: [expect.stringContaining('it has format 2')] })
}, 60_000)
