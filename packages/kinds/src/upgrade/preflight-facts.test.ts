// docs/spec/preflight.md: what the checks are told, of the real API server, a simulated host and a simulated installation.

import {
  deprecatedFieldUseDefinition,
  harvesterSystemNamespace,
  serviceDefinition,
  upgradeDefinition,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
  virtualMachineInstancePresetDefinition,
  virtualMachinePoolDefinition,
} from '@sheaf/api'
import type { ApiObject, Json, ResourceDefinition } from '@sheaf/api/meta'
import type { Kind } from '@sheaf/machinery/kind'
import { SimulatedWorld } from '@sheaf/qemu'
import type { CheckResult } from '@sheaf/upgrade'
import { beforeEach, describe, expect, it } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../api-server.fixture.ts'
import { localImages } from '../local-images.ts'
import { samplePlan } from '../../../qemu/src/testing/sample-plan.ts'
import type { UpgradePorts } from './ports.ts'
import { announcedRelease, preflightOf, releaseFactsOf } from './preflight-facts.ts'
import { type SimulatedPlatform, simulatePlatform } from './simulated-platform.fixture.ts'
import { lengthyWork } from './work-in-progress.ts'

type Definition = ResourceDefinition<ApiObject>

/** A Kind that this server does not serve by itself, as if somebody had defined it. */
const snapshotDefinition: Definition = {
  ...(virtualMachineInstanceMigrationDefinition as unknown as Definition),
  group: 'snapshot.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineSnapshot',
  listKind: 'VirtualMachineSnapshotList',
  plural: 'virtualmachinesnapshots',
  singular: 'virtualmachinesnapshot',
  shortNames: [],
}

let api: TestApi
let world: SimulatedWorld
let installation: SimulatedPlatform
let ports: UpgradePorts
beforeEach(async () => {
  api = await startTestApi([
    ...smallKinds,
    ...[
      virtualMachineDefinition,
      virtualMachineInstanceDefinition,
      virtualMachineInstanceMigrationDefinition,
      virtualMachineInstancePresetDefinition,
      virtualMachinePoolDefinition,
      virtualMachineImageDefinition,
      serviceDefinition,
      upgradeDefinition,
      snapshotDefinition,
    ].map((definition) => ({ definition }) as unknown as Kind),
  ])
  world = new SimulatedWorld({ clock: api.clock })
  installation = simulatePlatform(api.clock)
  const images = localImages('/images', async () => undefined)
  ports = { ...api, hypervisor: world.open(), images, nodeName: 'here', platform: installation.platform }
})

async function check(id: string): Promise<Pick<CheckResult, 'verdict' | 'why'> | undefined> {
  const { checks } = await preflightOf(announcedRelease('1.1.0', undefined), ports, { overridden: [] })
  return checks.find((each) => each.id === id)
}

async function make(definition: unknown, name: string, { spec = {}, labels = {}, status, namespace = 'default' }: Making = {}) {
  const resource = api.client.resource<ApiObject>(definition as Definition)
  const { group, version, kind } = definition as Definition
  const made = await resource.create({
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, namespace, labels },
    spec,
  } as ApiObject)
  if (status !== undefined) await resource.updateStatus({ ...made, status } as ApiObject)
}

interface Making {
  spec?: Json
  labels?: Record<string, string>
  status?: Json
  namespace?: string
}

const template = { spec: { domain: { devices: {} } } }

it('PF1 a machine on which all is well passes them all but what it cannot know', async () => {
  const { checks, blockers } = await preflightOf(announcedRelease('1.1.0', undefined), ports, { overridden: [] })
  expect(checks.filter(({ verdict }) => verdict !== 'pass').map(({ id }) => id)).toEqual(['signature'])
  expect(blockers).toEqual([])
})

describe('PF1 looks at this machine at this moment', () => {
  const facts = async (change: object) => {
    const { facts: before } = installation.platform
    ports.platform = { ...installation.platform, facts: async () => ({ ...(await before()), ...change }) }
  }

  it.each([
    ['disk', 'fail', { disk: { path: '/d', freeBytes: 1 } }],
    ['inodes', 'fail', { inodes: { path: '/d', freeFiles: 1 } }],
    ['clock', 'warn', { clockIsKept: false }],
    ['store', 'fail', { storeProblem: 'the store is not whole' }],
    ['certificates', 'fail', { certificateEndsMs: 0 }],
    ['certificates', 'fail', { authorityEndsMs: 0 }],
    ['qemu', 'fail', { qemuVersion: undefined }],
  ])('%s: %s', async (id, verdict, change) => {
    await facts(change)
    expect(await check(id)).toMatchObject({ verdict })
  })

  it('the copies of a large store need room', async () => {
    await facts({ disk: { path: '/d', freeBytes: 5 * 1024 ** 3 }, storeBytes: 2 * 1024 ** 3 })
    expect(await check('disk')).toMatchObject({ verdict: 'fail' })
  })

  it('memory that guests were promised is not there for the repo VM', async () => {
    const { hypervisor } = ports
    const capabilities = { ...(await hypervisor.capabilities()), memoryBytes: 1024 ** 2 }
    Object.assign(hypervisor, { capabilities: async () => capabilities })
    expect(await check('memory')).toMatchObject({ verdict: 'fail' })
  })

  it('a supervisor that is not there', async () => {
    const { installed } = installation.platform
    ports.platform = { ...installation.platform, installed: () => ({ ...installed(), supervisorVersion: undefined }) }
    expect(await check('supervisor')).toMatchObject({ verdict: 'fail' })
  })

  it('what runs decides about the way', async () => {
    installation.version = '1.1.0'
    expect(await check('version-path')).toMatchObject({ verdict: 'fail', why: expect.stringContaining('installed already') })
  })

  it('a release that is here says what it is, and one that is only announced is not said to have no risks', async () => {
    const risks = [{ id: 'R1', summary: 'disks', mend: 'Look.' }]
    const known = releaseFactsOf({
      ...installation.release,
      releaseDate: '2020-01-01T00:00:00Z',
      expires: '2021-01-01T00:00:00Z',
      knownRisks: risks,
    })
    const { checks } = await preflightOf(known, ports, { overridden: [] })
    expect(checks.filter(({ verdict }) => verdict !== 'pass').map(({ id }) => id)).toEqual(['freshness', 'known-risks'])
    expect(await check('known-risks')).toMatchObject({ verdict: 'pass', why: 'they are known once the release is here' })
  })

  it('a newer release that was here before', async () => {
    installation.version = '1.2.0'
    const known = announcedRelease('1.1.0', undefined)
    const { checks } = await preflightOf(known, ports, { overridden: [] })
    expect(checks.find(({ id }) => id === 'not-older-than')).toMatchObject({
      verdict: 'fail',
      why: expect.stringContaining('1.2.0'),
    })
  })

  it('machines that are starting, and one that runs and belongs to nobody', async () => {
    await make(virtualMachineDefinition, 'a', {
      spec: { runStrategy: 'Always', template },
      status: { printableStatus: 'Starting' },
    })
    expect(await check('machines-in-transition')).toMatchObject({ verdict: 'warn', why: 'under way: default/a' })
    void ports.hypervisor.launch(samplePlan('stray'))
    await api.until(async () => (await check('machines-not-adopted'))?.verdict === 'fail')
  })

  it('machine types that QEMU does not know', async () => {
    const machine = { spec: { domain: { devices: {}, machine: { type: 'pc-q35-1.0' } } } }
    await make(virtualMachineDefinition, 'a', { spec: { runStrategy: 'Halted', template: machine } })
    expect(await check('qemu')).toMatchObject({ verdict: 'fail', why: expect.stringContaining('pc-q35-1.0') })
  })

  it('clients that have sent a deprecated field lately', async () => {
    await api.client.resource<ApiObject>(deprecatedFieldUseDefinition as unknown as Definition).create({
      apiVersion: 'sheaf.io/v1',
      kind: 'DeprecatedFieldUse',
      metadata: { name: 'use' },
      field: 'spec.running',
      rule: 'running',
      client: 'terraform',
      user: 'anna',
      resource: { group: 'kubevirt.io', version: 'v1', kind: 'VirtualMachine', plural: 'virtualmachines' },
      replacement: 'spec.runStrategy',
      count: 1,
      firstSeen: '2026-01-01T00:00:00Z',
      lastSeen: '2026-01-01T00:00:00Z',
    } as unknown as ApiObject)
    expect(await check('deprecated-fields')).toMatchObject({ verdict: 'warn', why: expect.stringContaining('terraform') })
  })

  it('what upgrades that are gone left behind', async () => {
    const labels = { 'harvesterhci.io/upgrade': 'gone' }
    await make(virtualMachineImageDefinition, 'a', {
      labels,
      namespace: harvesterSystemNamespace,
      spec: { displayName: 'a', sourceType: 'upload' },
    })
    expect(await check('leftovers')).toMatchObject({ verdict: 'fail', why: expect.stringContaining('harvester-system/a') })
  })
})

describe('PF2 what would be cut in two', () => {
  it('a migration stands in the way until it has ended', async () => {
    const spec = { vmiName: 'a' }
    await make(virtualMachineInstanceMigrationDefinition, 'over', { spec, status: { phase: 'Succeeded' } })
    expect(await check('in-progress')).toMatchObject({ verdict: 'pass' })
    await make(virtualMachineInstanceMigrationDefinition, 'on', { spec, status: { phase: 'Running' } })
    await make(virtualMachineInstanceMigrationDefinition, 'new', { spec })
    expect(await check('in-progress')).toMatchObject({
      verdict: 'fail',
      why: 'under way: VirtualMachineInstanceMigration default/new, VirtualMachineInstanceMigration default/on',
    })
  })

  it('so does a snapshot of a Kind that somebody has defined', async () => {
    await make(snapshotDefinition, 'nightly', { spec: { vmiName: 'a' }, status: { phase: 'InProgress' } })
    expect(await check('in-progress')).toMatchObject({
      verdict: 'fail',
      why: 'under way: VirtualMachineSnapshot default/nightly',
    })
  })

  it.each<[string, string, Json, boolean]>([
    ['harvesterhci.io', 'VirtualMachineBackup', {}, false],
    ['harvesterhci.io', 'VirtualMachineBackup', { readyToUse: false, progress: 50 }, false],
    ['harvesterhci.io', 'VirtualMachineBackup', { readyToUse: true }, true],
    ['harvesterhci.io', 'VirtualMachineBackup', { error: { message: 'no target' } }, true],
    ['harvesterhci.io', 'VirtualMachineRestore', { complete: false }, false],
    ['harvesterhci.io', 'VirtualMachineRestore', { complete: true }, true],
    ['snapshot.kubevirt.io', 'VirtualMachineSnapshot', { phase: 'Failed' }, true],
    ['snapshot.kubevirt.io', 'VirtualMachineRestore', { complete: true }, true],
    ['clone.kubevirt.io', 'VirtualMachineClone', { phase: 'SnapshotInProgress' }, false],
    ['clone.kubevirt.io', 'VirtualMachineClone', { phase: 'Succeeded' }, true],
    ['export.kubevirt.io', 'VirtualMachineExport', { phase: 'Pending' }, false],
    ['export.kubevirt.io', 'VirtualMachineExport', { phase: 'Ready' }, true],
    ['snapshot.storage.k8s.io', 'VolumeSnapshot', { readyToUse: true }, true],
  ])('%s %s with %j has ended: %s', (group, kind, status, hasEnded) => {
    const work = lengthyWork.find((each) => each.group === group && each.kind === kind)
    expect(work?.hasEnded(status as { [field: string]: Json })).toBe(hasEnded)
  })
})

it('PF3 an image on its way here is told, unless it is of an upgrade', async () => {
  const arriving = { conditions: [{ type: 'Imported', status: 'Unknown' }], progress: 3 }
  const spec = { displayName: 'a', sourceType: 'upload' }
  await make(virtualMachineImageDefinition, 'here', { spec, status: { conditions: [{ type: 'Imported', status: 'True' }] } })
  await make(virtualMachineImageDefinition, 'own', {
    spec: { ...spec, displayName: 'b' },
    status: arriving,
    labels: { 'harvesterhci.io/upgrade': 'u' },
  })
  expect(await check('in-progress')).toMatchObject({ verdict: 'pass' })
  await make(virtualMachineImageDefinition, 'a', { spec: { ...spec, displayName: 'c' }, status: arriving })
  expect(await check('in-progress')).toMatchObject({ verdict: 'warn', why: 'images are on their way here: default/a' })
})

it('PF4 deprecated fields are counted in every Kind that has them', async () => {
  await make(virtualMachineDefinition, 'a', { spec: { running: false, template } })
  await make(virtualMachineDefinition, 'b', { spec: { running: true, template } })
  await make(virtualMachinePoolDefinition, 'p', {
    spec: {
      replicas: 0,
      selector: { matchLabels: { a: 'b' } },
      virtualMachineTemplate: { metadata: { labels: { a: 'b' } }, spec: { running: true, template } },
    },
  })
  const found = await check('deprecated-fields')
  expect(found?.verdict).toBe('warn')
  expect(found?.why).toContain('spec.running (2)')
  expect(found?.why).toContain('spec.virtualMachineTemplate.spec.running (1)')
})
