// docs/spec/upgrade.md: the real API server and the real controllers over simulated machines and a simulated installation.

import {
  harvesterSystemNamespace,
  type Service,
  serviceDefinition,
  type Upgrade,
  type VirtualMachineImage,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { findCondition } from '@sheaf/api/meta'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openUpgradeWorld, repoName, runGuest, type UpgradeWorld, upgradeName } from './upgrade-world.ts'

let world: UpgradeWorld
beforeEach(async () => {
  world = await openUpgradeWorld()
})
afterEach(() => {
  const complaints = [...world.host.breaches, ...world.pace.plane.complaints]
  world.close()
  expect(complaints).toEqual([])
})

const allTrue = {
  Completed: 'True',
  LogReady: 'True',
  ImageReady: 'True',
  RepoReady: 'True',
  NodesPrepared: 'True',
  SystemServicesUpgraded: 'True',
  NodesUpgraded: 'True',
}
const messageOf = async (type: string): Promise<string> =>
  findCondition((await world.upgrade()).status?.conditions, type)?.message ?? ''
const nodeState = ({ status }: Upgrade) => status?.nodeStatuses?.['here']?.state
const isUnknown = (type: string) => (upgrade: Upgrade) => findCondition(upgrade.status?.conditions, type)?.status === 'Unknown'
const state = ({ metadata }: Upgrade) => metadata.labels?.['harvesterhci.io/upgradeState']
const images = () => world.pace.plane.client.resource<VirtualMachineImage>(virtualMachineImageDefinition)
const services = () => world.pace.plane.client.resource<Service>(serviceDefinition)
const journal = () => [...world.installation.journals.values()].at(-1) ?? []

/** Nothing of it is left, and what was installed runs. */
async function expectAsBefore(): Promise<void> {
  expect(world.installation.version).toBe('1.0.0')
  expect([...world.installation.unpacked, ...world.installation.copies, ...world.installation.migrated]).toEqual([])
  expect(await world.repoMachine()).toBeUndefined()
  expect((await images().list()).items).toEqual([])
}

describe('a good upgrade', () => {
  it('UP60 goes through the states in their order and ends with every condition True', async () => {
    await world.start()
    expect(await world.untilEnd()).toBe('Succeeded')
    expect(await world.conditions()).toEqual(allTrue)
    expect(world.states).toEqual([
      'PreparingLoggingInfra',
      'LoggingInfraPrepared',
      'PreparingRepo',
      'RepoPrepared',
      'PreparingNodes',
      'UpgradingSystemServices',
      'UpgradingNodes',
      'Succeeded',
    ])
    const { status, metadata } = await world.upgrade()
    expect(metadata.labels).toMatchObject({
      'harvesterhci.io/latestUpgrade': 'true',
      'harvesterhci.io/upgradeCleanup': 'Succeeded',
    })
    expect(status).toMatchObject({
      previousVersion: '1.0.0',
      singleNode: 'here',
      imageID: `${harvesterSystemNamespace}/${upgradeName}`,
      upgradeLog: `${upgradeName}-upgradelog`,
      nodeStatuses: { here: { state: 'Succeeded' } },
    })
    expect(status?.repoInfo).toContain('harvester: "1.1.0"')
    expect(world.installation.version).toBe('1.1.0')
  })

  it('UP60 without a log LogReady is False, Disabled, and that is all', async () => {
    await world.start({ spec: { logEnabled: false } })
    expect(await world.untilEnd()).toBe('Succeeded')
    expect(await world.conditions()).toEqual({ ...allTrue, LogReady: 'False Disabled' })
    expect(world.installation.logs.size).toBe(0)
  })

  it('UP68 tells how far a station is and how long it will take', async () => {
    await world.start()
    await world.until(isUnknown('NodesPrepared'))
    await world.until(async () => (await messageOf('NodesPrepared')).includes('%'))
    expect(await messageOf('NodesPrepared')).toContain('25 % of 40 MiB')
    expect(await messageOf('Completed')).toMatch(/left$/)
  })

  it("UP69 says how far the node is in Harvester's words", async () => {
    const seen: (string | undefined)[] = []
    await world.start()
    await world.until((upgrade) => {
      if (seen.at(-1) !== nodeState(upgrade)) seen.push(nodeState(upgrade))
      return state(upgrade) === 'Succeeded'
    })
    expect(seen.filter((each) => each !== undefined)).toEqual([
      'Images preloading',
      'Images preloaded',
      'Waiting Reboot',
      'Succeeded',
    ])
  })

  it('UP70 every guest is told of: it ran before, it runs now, in the same process', async () => {
    await runGuest(world, 'one')
    await world.start()
    expect(await world.untilEnd()).toBe('Succeeded')
    expect((await world.report()).machines).toEqual([
      { name: 'default/one', ranBefore: true, runsNow: true, isSameProcess: true },
    ])
  })

  it('MG21 leaves guests with the QEMU that runs them, unless somebody asks', async () => {
    await runGuest(world, 'one')
    world.host.qemuVersion = '10.0.2'
    await world.start()
    expect(await world.untilEnd()).toBe('Succeeded')
    const report = await world.report()
    expect(report.machines).toEqual([{ name: 'default/one', ranBefore: true, runsNow: true, isSameProcess: true }])
    expect(report.moves).toBeUndefined()
    expect((await world.host.list())[0]?.state).toMatchObject({ qemuVersion: '7.2.0' })
  })

  it('MG22 moves guests one by one when it was asked to, after the release has proved itself, and tells of each', async () => {
    for (const name of ['one', 'two']) await runGuest(world, name)
    await runGuest(world, 'with-tpm', { tpm: {} })
    world.host.qemuVersion = '10.0.2'
    await runGuest(world, 'new')
    await world.start({ metadata: { annotations: { 'sheaf.io/move-guests': 'true' } } })
    let most = 0
    await world.until(async ({ metadata }) => {
      const moving = (await world.host.list()).filter(
        ({ migration }) => migration !== undefined && migration.outcome === undefined,
      )
      most = Math.max(most, moving.length)
      if (moving.length > 0) expect(world.installation.outcome?.result).toBe('confirmed')
      return metadata.labels?.['harvesterhci.io/upgradeCleanup'] === 'Succeeded'
    })
    expect(most).toBe(1)
    expect(await world.conditions()).toEqual(allTrue)
    const { machines, moves } = await world.report()
    const ran = { ranBefore: true, runsNow: true }
    expect(machines).toEqual([
      { name: 'default/new', ...ran, isSameProcess: true },
      { name: 'default/one', ...ran, isSameProcess: false, wasMoved: true },
      { name: 'default/two', ...ran, isSameProcess: false, wasMoved: true },
      { name: 'default/with-tpm', ...ran, isSameProcess: true },
    ])
    const moved = { from: '7.2.0', to: '10.0.2', pausedMs: 20 }
    expect(moves).toEqual({
      moved: [
        { name: 'default/one', ...moved },
        { name: 'default/two', ...moved },
      ],
      left: [{ name: 'default/with-tpm', why: expect.stringMatching(/its TPM keeps its memory/) }],
    })
    expect(await messageOf('NodesUpgraded')).toMatch(
      /^default\/one was moved from QEMU 7\.2\.0 to 10\.0\.2: it stood still for 20 ms; .*default\/with-tpm stays where it is: /,
    )
  })

  it('UP71 what was made for it is gone afterwards; log, record and report stay', async () => {
    await world.start()
    await world.untilEnd()
    expect(await world.repoMachine()).toBeUndefined()
    expect((await services().list()).items).toEqual([])
    expect((await images().list()).items).toEqual([])
    expect(journal().at(-1)?.kind).toBe('cleanedUp')
    expect([...world.installation.logs.values()].at(-1)?.map(({ message }) => message)).toContain('ends: Succeeded; 0 guests run')
    expect([...world.installation.bundles.keys()]).toEqual([])
  })

  it('UP71 an image that somebody brought here stays', async () => {
    await images().create({
      apiVersion: 'harvesterhci.io/v1beta1',
      kind: 'VirtualMachineImage',
      metadata: { namespace: harvesterSystemNamespace, name: 'mine' },
      spec: { displayName: 'mine', sourceType: 'upload' },
    })
    await world.start({ spec: { version: '', image: `${harvesterSystemNamespace}/mine` } })
    expect(await world.untilEnd()).toBe('Succeeded')
    expect((await images().list()).items.map(({ metadata }) => metadata.name)).toEqual(['mine'])
  })
})

describe('the repo VM', () => {
  it('UP62 is made as Harvester makes it, and runs because its strategy says so', async () => {
    world.installation.hangs.add('payload')
    await world.start()
    await world.until((upgrade) => state(upgrade) === 'PreparingNodes')
    const machine = await world.repoMachine()
    expect(machine?.metadata.labels).toEqual({
      'harvesterhci.io/creator': 'harvester',
      'harvesterhci.io/upgrade': upgradeName,
      'harvesterhci.io/upgradeComponent': 'repo',
    })
    expect(machine?.spec.runStrategy).toBe('RerunOnFailure')
    expect(machine?.spec.running).toBeUndefined()
    expect(machine?.status?.printableStatus).toBe('Running')
    const component = { 'harvesterhci.io/upgrade': upgradeName, 'harvesterhci.io/upgradeComponent': 'repo' }
    const [service] = (await services().list()).items
    expect(service?.metadata).toMatchObject({
      name: repoName,
      namespace: harvesterSystemNamespace,
      labels: { 'harvesterhci.io/creator': 'harvester', ...component },
      ownerReferences: [{ kind: 'Upgrade', name: upgradeName }],
    })
    expect(service?.spec).toMatchObject({
      type: 'ClusterIP',
      selector: component,
      ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
    })
    expect(await messageOf('RepoReady')).toMatch(/http:\/\/127\.0\.0\.1:\d+\/harvester-iso/)
  })

  it('UP62 is started through the start action when it was turned off', async () => {
    world.repoIsSilent = true
    await world.start()
    await world.until((upgrade) => state(upgrade) === 'PreparingRepo')
    await world.pass(10_000)
    for (const [id, { plan }] of world.host.machines.machines)
      if (plan.name.endsWith(repoName)) world.host.machines.guestShutdown(id)
    world.repoIsSilent = false
    expect(await world.untilEnd()).toBe('Succeeded')
    expect(await messageOf('RepoReady')).not.toContain('the host serves')
  })

  it.each(['PreparingRepo', 'PreparingNodes', 'UpgradingSystemServices', 'UpgradingNodes'])(
    'UP63 may crash during %s: it comes back, and the upgrade succeeds',
    async (during) => {
      await world.start()
      await world.until((upgrade) => state(upgrade) === during)
      world.crashRepo()
      expect(await world.untilEnd()).toBe('Succeeded')
      expect(await world.conditions()).toEqual(allTrue)
    },
  )

  it('UP64 that does not answer in time is not waited for: the host serves the same files and the condition says so', async () => {
    world.repoIsSilent = true
    await world.start()
    expect(await world.untilEnd()).toBe('Succeeded')
    expect(await world.conditions()).toEqual({ ...allTrue, RepoReady: 'True ServedByHost' })
    expect(await messageOf('RepoReady')).toContain('the repo VM did not answer in time')
  })

  it('UP64 nor for ever for the host: then it goes back', async () => {
    world.repoIsSilent = true
    world.installation.fails.set('hostServing', 'no port is free')
    await world.start()
    expect(await world.untilEnd()).toBe('Failed')
    expect(await world.conditions()).toMatchObject({ RepoReady: 'False DeadlineExceeded', Completed: 'False DeadlineExceeded' })
    await expectAsBefore()
    world.pace.plane.complaints.length = 0
  })
})

describe('what goes wrong', () => {
  const cases = [
    ['signature', 'ImageReady', 'it is signed by 5D…, which is not among the trusted keys', 'Refused'],
    ['payload', 'NodesPrepared', 'payload.tar.zst is not the one that was signed', 'Refused'],
    ['rehearsal', 'NodesPrepared', 'VirtualMachine default/a: spec.x is unknown', 'RehearsalFailed'],
    ['snapshot', 'SystemServicesUpgraded', 'no space left on device', 'Refused'],
    ['migrations', 'SystemServicesUpgraded', 'VirtualMachine default/b: 409', 'Refused'],
    ['switch', 'NodesUpgraded', 'guest default/a: boot id changed', 'TakenBack'],
  ] as const

  it.each(cases)('UP61 %s: turns the way round, %s is False, and all is as before', async (station, type, message, reason) => {
    await runGuest(world, 'one')
    await world.start()
    world.installation.fails.set(station, message)
    expect(await world.untilEnd()).toBe('Failed')
    expect(await world.conditions()).toMatchObject({ [type]: `False ${reason}`, Completed: `False ${reason}` })
    expect(await messageOf('Completed')).toContain(message)
    expect(nodeState(await world.upgrade()) ?? 'Failed').toBe('Failed')
    expect((await world.report()).machines).toEqual([
      { name: 'default/one', ranBefore: true, runsNow: true, isSameProcess: true },
    ])
    await expectAsBefore()
  })

  it('UP61 an image that does not arrive', async () => {
    world.imageArrives = { status: 'False', message: 'sha512 of the ISO is 12… and 34… was expected' }
    await world.start()
    expect(await world.untilEnd()).toBe('Failed')
    expect(await world.conditions()).toMatchObject({ ImageReady: 'False ImportFailed', Completed: 'False ImportFailed' })
    await expectAsBefore()
  })

  it('UP61 what hangs', async () => {
    world.installation.hangs.add('rehearsal')
    await world.start()
    expect(await world.untilEnd()).toBe('Failed')
    expect(await world.conditions()).toMatchObject({ NodesPrepared: 'False DeadlineExceeded' })
    await expectAsBefore()
  })

  it('UP61 Completed stays Unknown until all is undone', async () => {
    world.installation.fails.set('migrations', 'half way')
    await world.start()
    await world.until((upgrade) => findCondition(upgrade.status?.conditions, 'SystemServicesUpgraded')?.status === 'False')
    const told = await world.conditions()
    expect(['Unknown GoingBack', 'False Refused']).toContain(told['Completed'])
    expect(await world.untilEnd()).toBe('Failed')
  })

  it('UP72 a support bundle is put together, without secrets', async () => {
    world.installation.fails.set('rehearsal', 'it does not start')
    await world.start()
    await world.untilEnd()
    const files = [...world.installation.bundles.values()].flat()
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['journal.json', 'log.jsonl', 'objects/upgrades.json', 'objects/virtualmachines.json']),
    )
    expect(files.map(({ text }) => text).join('')).not.toContain('touch /sysroot')
    const answer = await world.pace.plane.client.request(
      'GET',
      `/apis/subresources.sheaf.io/v1/namespaces/${harvesterSystemNamespace}/upgrades/${upgradeName}/support-bundle`,
    )
    expect(answer.status).toBe(200)
  })
})

describe('what people ask for', () => {
  it('UP65 a pause holds at the next boundary until it is taken back', async () => {
    await world.start({ metadata: { annotations: { 'sheaf.io/upgrade-paused': 'true' } } })
    await world.until(async () => (await world.conditions())['Completed'] === 'Unknown Paused')
    await world.pass(60_000)
    expect(state(await world.upgrade())).toBe('PreparingLoggingInfra')
    await world.annotate({ 'sheaf.io/upgrade-paused': null })
    expect(await world.untilEnd()).toBe('Succeeded')
  })

  it("UP65 Harvester's pause map holds the node before the switch, in its words", async () => {
    const map = 'harvesterhci.io/node-upgrade-pause-map'
    const annotations = { [map]: '{"here":"pause"}', 'harvesterhci.io/skipWebhook': 'false' }
    await world.pace.plane.client.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'here' } })
    await world.start({ metadata: { annotations } })
    await world.until((upgrade) => nodeState(upgrade) === 'Node-upgrade paused')
    expect((await world.upgrade()).status?.nodeStatuses?.['here']?.reason).toBe('AdministrativelyPaused')
    expect(world.installation.trials).toBe(0)
    await world.annotate({ [map]: '{"here":"unpause"}' })
    expect(await world.untilEnd()).toBe('Succeeded')
  })

  it.each(['LoggingInfraPrepared', 'PreparingRepo', 'PreparingNodes', 'UpgradingSystemServices'])(
    'UP66 an abort during %s leads back',
    async (during) => {
      world.imageArrives = during === 'LoggingInfraPrepared' ? undefined : world.imageArrives
      await world.start()
      await world.until((upgrade) => state(upgrade) === during)
      await world.annotate({ 'sheaf.io/upgrade-aborted': 'true' })
      expect(await world.untilEnd()).toBe('Failed')
      expect((await world.conditions())['Completed']).toBe('False Aborted')
      await expectAsBefore()
    },
  )

  it('UP66 an abort comes too late while the release proves itself', async () => {
    await world.start()
    await world.until((upgrade) => state(upgrade) === 'UpgradingNodes' && world.installation.trials > 0)
    await world.annotate({ 'sheaf.io/upgrade-aborted': 'true' })
    expect(await world.untilEnd()).toBe('Succeeded')
  })

  it('UP66 whoever deletes an upgrade has it undone, and then it is gone with its record', async () => {
    world.installation.hangs.add('payload')
    await world.start()
    await world.until((upgrade) => state(upgrade) === 'PreparingNodes')
    await world.pace.plane.client.request(
      'DELETE',
      `/apis/harvesterhci.io/v1beta1/namespaces/${harvesterSystemNamespace}/upgrades/${upgradeName}`,
    )
    for (let turn = 0; turn < 100 && (await world.find()) !== undefined; turn++) await world.pass(1_000)
    expect(await world.find()).toBeUndefined()
    expect(world.installation.journals.size).toBe(0)
    await world.pass(10_000)
    await expectAsBefore()
  })
})

describe('before it begins', () => {
  const get = async (path: string) => {
    const { body } = await world.pace.plane.client.request('GET', `/apis/subresources.sheaf.io/v1/${path}`)
    return JSON.parse(await bodyText(body)) as {
      checks: { id: string; verdict: string }[]
      stations: { station: string; basis: string }[]
    }
  }

  it('UP73 what stands in its way is refused in the words of the check, unless its risk is taken on record', async () => {
    world.installation.version = '2.0.0'
    const refusal = /version-path: 1\.1\.0 is older than the installed 2\.0\.0.*annotation sheaf\.io\/override: version-path/
    await expect(world.start()).rejects.toThrow(refusal)
    const override = { 'sheaf.io/override': 'version-path,not-older-than' }
    await world.again({ metadata: { annotations: override } })
    await world.until((upgrade) => state(upgrade) !== undefined)
    expect((await world.upgrade()).metadata.annotations).toEqual(override)
  })

  it("UP73 Harvester's annotation for the version overrides the same; a check that there is none of is refused", async () => {
    world.installation.version = '2.0.0'
    await expect(world.start({ metadata: { annotations: { 'sheaf.io/override': 'versions' } } })).rejects.toThrow(
      'names no check: versions; there are version-path',
    )
    await world.again({ metadata: { annotations: { 'harvesterhci.io/skip-version-check': 'true' } } })
  })

  it('UP73 once the release is here every check is made again', async () => {
    await world.start()
    world.installation.version = '1.5.0'
    expect(await world.untilEnd()).toBe('Failed')
    expect((await world.conditions())['ImageReady']).toBe('False PreflightFailed')
    expect(await messageOf('ImageReady')).toContain('version-path: 1.1.0 is older')
    expect(await world.repoMachine()).toBeUndefined()
  })

  it('UP74 tells the checks, and the plan by what earlier upgrades took here', async () => {
    await world.start()
    expect((await get('upgrades/preflight?version=1.1.0')).checks.map(({ id }) => id)).toContain('supervisor')
    const basisOf = async () =>
      (await get('upgrades/plan?version=1.1.0')).stations.find(({ station }) => station === 'payload')?.basis
    expect(await basisOf()).toBe('estimate')
    await world.untilEnd()
    expect(await basisOf()).toBe('history')
    await expect(get('upgrades/plan')).rejects.toThrow('say which release')
  })

  it('UP76 only the newest is the latest', async () => {
    await world.start()
    await world.untilEnd()
    await world.again({
      metadata: { name: 'later', annotations: { 'sheaf.io/override': 'version-path', 'sheaf.io/upgrade-paused': 'true' } },
    })
    await world.until(({ metadata }) => metadata.labels?.['harvesterhci.io/latestUpgrade'] === undefined)
  })
})
