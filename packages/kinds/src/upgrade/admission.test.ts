// docs/spec/upgrade.md: what may be written about upgrades, as far as it is about objects.

import {
  type HarvesterCondition,
  type Node,
  nodeDefinition,
  type Upgrade,
  type UpgradeLog,
  upgradeDefinition,
  upgradeLogDefinition,
  type Version,
  versionDefinition,
  type VirtualMachineImage,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { Kind } from '@sheaf/machinery/kind'
import { beforeEach, expect, test } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../api-server.fixture.ts'
import { upgradeLogKind } from '../upgradelog/index.ts'
import { versionKind } from '../version/index.ts'
import { upgradeAdmission } from './admission.ts'

const namespace = 'harvester-system'
const somebody = { username: 'somebody', groups: ['system:masters'] }

let api: TestApi
/** A user, not one of the controllers. */
let client: Client
let preflights: string[]
beforeEach(async () => {
  preflights = []
  const admitPreflight = async ({ metadata }: Upgrade): Promise<void> => void preflights.push(metadata.name ?? '')
  api = await startTestApi(
    (ports) =>
      [
        ...smallKinds,
        { definition: virtualMachineImageDefinition },
        versionKind,
        { definition: upgradeDefinition, admission: upgradeAdmission({ ...ports, admitPreflight }) },
        upgradeLogKind(ports),
      ] as Kind[],
  )
  const warn = (text: string): void => api.log.warn({}, text)
  client = createClient({ userAgent: 'test', fetch: api.server.fetchAs(somebody), onWarning: warn })
  await client.resource<Version>(versionDefinition).create(version('v1.2.0'))
  await api.client.resource<Node>(nodeDefinition).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } } as Node)
  const image = { displayName: 'iso', sourceType: 'upload' }
  await client
    .resource<VirtualMachineImage>(virtualMachineImageDefinition)
    .create({ ...object('VirtualMachineImage', 'iso'), spec: image })
})

const object = (kind: string, name: string) => ({ apiVersion: 'harvesterhci.io/v1beta1', kind, metadata: { name, namespace } })
const version = (name: string, more: Partial<Version['spec']> = {}): Version => ({
  ...object('Version', name),
  spec: { isoURL: 'https://h/a.iso', ...more },
})
const upgrade = (name: string, spec: Upgrade['spec'] = { version: 'v1.2.0' }, metadata: Upgrade['metadata'] = {}): Upgrade => {
  const given = object('Upgrade', name)
  return { ...given, metadata: { ...given.metadata, ...metadata }, spec }
}
const upgrades = () => client.resource<Upgrade>(upgradeDefinition)
/** As the controller of upgrades writes. */
const ownUpgrades = () => api.client.resource<Upgrade>(upgradeDefinition)

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof StatusError)) throw new Error(`was not refused: ${String(error)}`)
  return `${error.code} ${error.message.replace('admission webhook "validator.harvesterhci.io" denied the request: ', '')}`
}

test('UP40 an upgrade says to what: a version or an image', async () => {
  expect(await refusal(upgrades().create(upgrade('a', {})))).toBe('400 version or image field are not specified.')
})

test('UP41 the version is there, unless an image stands for it', async () => {
  expect(await refusal(upgrades().create(upgrade('a', { version: 'v9' })))).toBe('400 version v9 is not found')
  await upgrades().create(upgrade('a', { version: 'v9', image: `${namespace}/iso` }))
})

test.each([
  ['iso', 'image "iso" names no image: give it as harvester-system/name'],
  ['default/iso', 'image default/iso is in namespace default; the image of an upgrade has to be in namespace harvester-system'],
  ['harvester-system/none', 'image harvester-system/none is not found'],
])('UP42 the image %s is refused', async (image, message) => {
  expect(await refusal(upgrades().create(upgrade('a', { image })))).toBe(`400 ${message}`)
})

test('UP43 there is one upgrade at a time', async () => {
  const { metadata } = await upgrades().create(upgrade('first'))
  const words = '409 cannot proceed until previous upgrade "first" completes'
  expect(await refusal(upgrades().create(upgrade('second')))).toBe(words)
  await ownUpgrades().patch({ namespace, name: 'first' }, state('UpgradingNodes'))
  expect(await refusal(upgrades().create(upgrade('second')))).toBe(words)
  expect(metadata.labels).toEqual({ 'harvesterhci.io/latestUpgrade': 'true' })
  await ownUpgrades().patch({ namespace, name: 'first' }, state('Failed'))
  await upgrades().create(upgrade('second'))
})

const state = (value: string, more: Record<string, string> = {}) => ({
  metadata: { labels: { 'harvesterhci.io/upgradeState': value, ...more } },
})

test('UP44 what an earlier upgrade left is cleared away first', async () => {
  await upgrades().create(upgrade('first'))
  const pending = { 'harvesterhci.io/upgradeCleanup': 'Pending' }
  await ownUpgrades().patch({ namespace, name: 'first' }, state('Succeeded', pending))
  expect(await refusal(upgrades().create(upgrade('second')))).toBe(
    '409 cannot proceed until the following upgrades completed their cleanup process: first',
  )
  await ownUpgrades().patch({ namespace, name: 'first' }, state('Succeeded', { 'harvesterhci.io/upgradeCleanup': 'Succeeded' }))
  await upgrades().create(upgrade('second'))
})

test.each([
  ['node-upgrade-pause-map', 'soon', /^400 fail to unmarshal harvesterhci.io\/node-upgrade-pause-map annotation, err: /],
  ['node-upgrade-pause-map', '[]', /it is no JSON object of node names/],
  ['node-upgrade-pause-map', '{"node-1":"stop"}', /^400 desired action for node node-1 must be either "pause" or "unpause"$/],
  ['node-upgrade-pause-map', '{"node-2":"pause"}', /^400 node node-2 does not exist$/],
  [
    'skip-version-check',
    'yes',
    /^400 invalid value yes for harvesterhci.io\/skip-version-check annotation: it is true or false$/,
  ],
  ['skipGarbageCollectionThresholdCheck', '1', /^400 invalid value 1 for /],
  ['skipWebhook', 'ja', /^400 invalid value ja for /],
  [
    'minCertsExpirationInDay',
    '0',
    /^400 invalid value 0 for harvesterhci.io\/minCertsExpirationInDay annotation: it is a number of days$/,
  ],
])('UP45 an override that cannot be understood is refused: %s %s', async (name, value, message) => {
  const annotations = { [`harvesterhci.io/${name}`]: value }
  expect(await refusal(upgrades().create(upgrade('a', undefined, { annotations })))).toMatch(message)
  await upgrades().create(upgrade('a'))
  expect(await refusal(upgrades().patch({ namespace, name: 'a' }, { metadata: { annotations } }))).toMatch(message)
})

test('UP46 the state of the machine is looked at last, unless somebody skips that', async () => {
  const pause = { 'harvesterhci.io/node-upgrade-pause-map': '{"node-1":"pause"}' }
  await upgrades().create(upgrade('a', undefined, { annotations: pause }))
  expect(preflights).toEqual(['a'])
  await ownUpgrades().patch({ namespace, name: 'a' }, state('Failed'))
  await upgrades().create(upgrade('b', undefined, { annotations: { 'harvesterhci.io/skipWebhook': 'True' } }))
  expect(preflights).toEqual(['a'])
})

test('UP47 an upgrade is in harvester-system, which is there from the start', async () => {
  const elsewhere = { ...upgrade('a'), metadata: { name: 'a', namespace: 'default' } }
  expect(await refusal(upgrades().create(elsewhere))).toMatch(/^400 an Upgrade belongs into namespace harvester-system/)
})

test('UP48 an upgrade whose switch is under way is not deleted, unless somebody skips that', async () => {
  const created = await upgrades().create(upgrade('a'))
  const conditions: HarvesterCondition[] = [{ type: 'NodesUpgraded', status: 'Unknown' }]
  await ownUpgrades().updateStatus({ ...created, status: { conditions } })
  const key = { namespace, name: 'a' }
  expect(await refusal(upgrades().delete(key))).toBe('400 node upgrade is in progressing, please wait for it to be provisioned')
  await upgrades().patch(key, { metadata: { annotations: { 'harvesterhci.io/skipWebhook': 'true' } } })
  await upgrades().delete(key)
})

test('UP49 an upgrade without a name is given one, keeps its log, and brings no state of an earlier one along', async () => {
  const labels = {
    'harvesterhci.io/upgradeState': 'Succeeded',
    'harvesterhci.io/upgradeCleanup': 'Pending',
    'harvesterhci.io/read-message': 'true',
    team: 'blue',
  }
  const { name: _, ...metadata } = upgrade('').metadata
  const created = await upgrades().create({ ...upgrade(''), metadata: { ...metadata, labels } })
  expect(created.metadata.name).toMatch(/^hvst-upgrade-\w{5}$/)
  expect(created.metadata.labels).toEqual({ 'harvesterhci.io/latestUpgrade': 'true', team: 'blue' })
  expect(created.spec).toEqual({ version: 'v1.2.0', logEnabled: true })
})

test('UP50 what an upgrade is about does not change', async () => {
  await upgrades().create(upgrade('a'))
  for (const spec of [{ version: 'v1' }, { image: 'harvester-system/iso' }, { logEnabled: false }])
    expect(await refusal(upgrades().patch({ namespace, name: 'a' }, { spec }))).toMatch(
      /^422 .*field is immutable: delete the Upgrade and create another$/,
    )
})

test('UP50 an upgradeImage has no effect, and that is said', async () => {
  await upgrades().create(upgrade('a', { version: 'v1.2.0', upgradeImage: 'rancher/harvester-upgrade:dev' }))
  expect(api.log.lines.join()).toMatch(/spec.upgradeImage has no effect/)
})

test('UP51 the checksum of a version is a SHA-512 or left out, and its address one that can be downloaded from', async () => {
  const versions = client.resource<Version>(versionDefinition)
  expect(await refusal(versions.create(version('b', { isoChecksum: 'abc' })))).toMatch(
    /^400 invalid isoChecksum abc: it is the SHA-512/,
  )
  expect(await refusal(versions.create(version('b', { isoURL: 'next to me' })))).toMatch(/^422 .*"next to me" is no URL/)
  await versions.create(version('b', { isoChecksum: 'ab'.repeat(64), tags: ['dev'] }))
  expect(await refusal(versions.patch({ namespace, name: 'b' }, { spec: { isoChecksum: 'AB'.repeat(64) } }))).toMatch(/^400 /)
})

test('UP52 the log of an upgrade is made by the upgrade, once', async () => {
  const log = (name: string, upgradeName: string): UpgradeLog => ({ ...object('UpgradeLog', name), spec: { upgradeName } })
  const logs = client.resource<UpgradeLog>(upgradeLogDefinition)
  const own = api.client.resource<UpgradeLog>(upgradeLogDefinition)
  expect(await refusal(logs.create(log('a', '')))).toBe('400 upgradeName field is not specified')
  expect(await refusal(logs.create(log('a', 'first')))).toMatch(/^403 .*create the Upgrade with spec.logEnabled$/)
  const elsewhere = { ...log('a', 'first'), metadata: { name: 'a', namespace: 'default' } }
  expect(await refusal(own.create(elsewhere))).toBe('400 UpgradeLog must be created in namespace harvester-system')
  expect(await refusal(own.create(log('a', 'first')))).toBe(
    '400 referenced upgrade first not found in namespace harvester-system',
  )
  await upgrades().create(upgrade('first'))
  await own.create(log('a', 'first'))
  expect(await refusal(own.create(log('b', 'first')))).toBe('400 upgradelog a already exists for upgrade first')
  expect(await refusal(own.patch({ namespace, name: 'a' }, { spec: { upgradeName: 'other' } }))).toMatch(
    /spec.upgradeName is immutable$/,
  )
})
