// docs/spec/version-discovery.md: the real API server, and a place that the test fills.

import { type Node, nodeDefinition, type Upgrade, upgradeDefinition, type Version, versionDefinition } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import type { Kind } from '@sheaf/machinery/kind'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../api-server.fixture.ts'
import {
  createVersionDiscovery,
  type ReleaseSource,
  type SourceSight,
  startVersionController,
  versionActions,
  type VersionDiscovery,
  versionKind,
} from './index.ts'

const minute = 60_000
const hour = 60 * minute

let api: TestApi
let discovery: VersionDiscovery
let installed: string
let sight: SourceSight | Error
let looks: number[]
let controller: ReturnType<typeof startVersionController> | undefined

beforeEach(async () => {
  installed = '1.1.0'
  sight = { offered: [], unread: [], problems: [] }
  looks = []
  await open(theSource)
})
afterEach(() => controller?.stop())

const theSource: ReleaseSource = {
  place: 'https://download.example/sheaf',
  async look() {
    looks.push(api.clock.now())
    if (sight instanceof Error) throw sight
    return sight
  },
}

async function open(releaseSource: ReleaseSource | undefined): Promise<void> {
  const platform = {
    installed: () => ({ version: installed, supervisorVersion: '1.0.0', previous: undefined, outcome: undefined }),
  }
  const upgrades = { definition: upgradeDefinition } as unknown as Kind
  api = await startTestApi((ports) => {
    discovery = createVersionDiscovery({ ...ports, platform, releaseSource, nodeName: 'here' })
    const versions = { ...versionKind, actions: versionActions({ ...ports, platform, discovery }) }
    return [...smallKinds, versions as unknown as Kind, upgrades]
  })
  await api.client.resource<Node>(nodeDefinition).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'here' } })
}

const offer = (...names: string[]): void =>
  void (sight = {
    offered: names.map((name) => ({ name, isoURL: `https://download.example/${name}.iso` })),
    unread: [],
    problems: [],
  })
const versions = () => api.client.resource<Version>(versionDefinition)
const names = async () => (await versions().list()).items.map(({ metadata }) => metadata.name)
const told = async (method: 'GET' | 'PUT' = 'GET') =>
  JSON.parse(await bodyText((await api.client.request(method, '/apis/subresources.sheaf.io/v1/upgrades/versions')).body))

async function upgradeWith(name: string, state: string): Promise<void> {
  await api.client.resource<Upgrade>(upgradeDefinition).create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Upgrade',
    metadata: { name: 'u', namespace: 'harvester-system', labels: { 'harvesterhci.io/upgradeState': state } },
    spec: { version: name },
  })
}

it('VD2 looks at the start, then every hour and a little', async () => {
  controller = startVersionController({ ...api, discovery })
  await api.until(() => looks.length === 4, minute)
  const [first = 0, ...gaps] = looks.map((at, index) => at - (looks[index - 1] ?? at))
  expect(first).toBe(0)
  for (const gap of gaps) {
    expect(gap).toBeGreaterThanOrEqual(hour)
    expect(gap).toBeLessThanOrEqual(hour + 6 * minute)
  }
})

it('VD2 VD9 after a look that failed it looks again within a quarter of an hour, and says what is wrong once', async () => {
  sight = new Error('cannot get https://download.example/sheaf/versions.json: nobody listens there')
  controller = startVersionController({ ...api, discovery })
  await api.until(() => looks.length === 4, minute)
  expect((looks[3] ?? 0) - (looks[0] ?? 0)).toBeLessThanOrEqual(3 * 16 * minute)
  expect(api.recorded).toEqual([`Warning ReleaseNotOffered here: ${sight.message}`])
  expect(api.log.lines).toEqual(['warn: a release is not offered'])
  offer()
  await api.until(() => looks.length === 5, minute)
  sight = new Error('cannot get https://download.example/sheaf/versions.json: nobody listens there')
  await api.until(() => looks.length === 6, minute)
  await api.until(() => api.recorded.length === 2)
})

it('VD2 a place that takes its time keeps no release from proving itself', async () => {
  let isAsked = false
  await open({
    place: 'https://slow.example',
    look: (signal) =>
      new Promise((_, reject) => {
        isAsked = true
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
  controller = startVersionController({ ...api, discovery })
  await controller.whenIdle()
  expect(isAsked).toBe(true)
  expect(controller.snapshot()).toMatchObject({ running: [], waiting: [] })
  await controller.stop()
  expect(api.log.lines).toEqual([])
})

it('VD9 a hundred things that are wrong are not a hundred events', async () => {
  sight = { offered: [], unread: [], problems: Array.from({ length: 100 }, (_, index) => `${index}.iso is not offered`) }
  await discovery.look()
  expect(api.recorded).toHaveLength(10)
})

it('VD5 VD6 makes Versions of what is offered, and takes them away after the upgrade', async () => {
  offer('1.2.0', '1.0.0')
  await discovery.look()
  expect(await names()).toEqual(['1.2.0'])
  await upgradeWith('1.2.0', 'UpgradingNodes')
  installed = '1.2.0'
  await discovery.look()
  expect(await names()).toEqual(['1.2.0'])
  await api.client.resource(upgradeDefinition).delete({ namespace: 'harvester-system', name: 'u' })
  await discovery.look()
  expect(await names()).toEqual([])
})

it('VD6 a look that finds nothing new writes nothing', async () => {
  offer('1.2.0')
  await discovery.look()
  api.writes.length = 0
  await discovery.look()
  expect(api.writes).toEqual([])
})

it('VD7 leaves what was made by hand', async () => {
  await versions().create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Version',
    metadata: { name: '1.2.0', namespace: 'harvester-system' },
    spec: { isoURL: 'https://mine.example/a.iso' },
  })
  offer('1.2.0')
  await discovery.look()
  sight = { offered: [], unread: [], problems: [] }
  await discovery.look()
  expect((await versions().list()).items.map(({ spec }) => spec.isoURL)).toEqual(['https://mine.example/a.iso'])
})

it('VD9 what the API refuses is told like all else', async () => {
  sight = {
    offered: [{ name: '1.2.0', isoURL: 'https://download.example/a.iso', isoChecksum: 'short' }],
    unread: [],
    problems: [],
  }
  await discovery.look()
  expect(api.recorded).toEqual([expect.stringContaining('the release 1.2.0 is not offered')])
  expect(await names()).toEqual([])
})

it('VD10 tells what can be upgraded to, why not to the others, and what is wrong', async () => {
  offer('1.2.0', '1.10.0', '1.0.0')
  sight = { ...(sight as SourceSight), problems: ['b.iso is not offered: it is signed by the key AB, which is not trusted'] }
  expect(await told()).toEqual({ installed: '1.1.0', versions: [], source: { place: theSource.place, problems: [] } })
  const after = await told('PUT')
  expect(after).toMatchObject({
    installed: '1.1.0',
    source: { place: theSource.place, lookedAt: '2026-01-01T00:00:00.000Z', problems: (sight as SourceSight).problems },
  })
  expect(after.versions.map((each: { name: string; canBeUpgradedTo: boolean }) => [each.name, each.canBeUpgradedTo])).toEqual([
    ['1.10.0', true],
    ['1.2.0', true],
    ['1.0.0', false],
  ])
  expect(after.versions[2].why).toContain('1.0.0 is older than the installed 1.1.0')
})

it('VD11 VD1 where nobody looks, nothing is asked, and what was found before goes', async () => {
  await open(undefined)
  for (const [name, labels] of [
    ['1.2.0', { 'sheaf.io/discovered': 'true' }],
    ['1.3.0', {}],
  ] as const)
    await versions().create({
      apiVersion: 'harvesterhci.io/v1beta1',
      kind: 'Version',
      metadata: { name, namespace: 'harvester-system', labels },
      spec: { isoURL: 'https://mine.example/a.iso' },
    })
  await discovery.look()
  expect(looks).toEqual([])
  expect(await names()).toEqual(['1.3.0'])
  expect(await told()).not.toHaveProperty('source')
})
