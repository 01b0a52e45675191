// A host on which upgrades are simulated: the release is an image that arrives, the guest of the repo VM answers unless it is
// told not to, and guests of users run beside it.

import { createServer, type Server } from 'node:http'
import {
  type ConfigMap,
  configMapDefinition,
  harvesterSystemNamespace,
  type Upgrade,
  upgradeDefinition,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineImage,
  virtualMachineImageDefinition,
  withHarvesterCondition,
} from '@sheaf/api'
import type { JsonObject } from '@sheaf/api/meta'
import { type SimulatedPlatform, simulatePlatform } from '../../packages/kinds/src/upgrade/simulated-platform.fixture.ts'
import { type Death, prepareStore, startControlPlane } from './control-plane.ts'
import { type Host, openHost } from './host.ts'
import { becomeQuiet, pass, type Platform, restart } from './pace.ts'

export const upgradeName = 'hvst-upgrade-x'
export const repoName = `upgrade-repo-${upgradeName}`
const upgradeKey = { namespace: harvesterSystemNamespace, name: upgradeName }

export interface UpgradeWorld {
  host: Host
  installation: SimulatedPlatform
  pace: Platform
  /** The guest of the repo VM never answers. */
  repoIsSilent: boolean
  /** How the image arrives: undefined while it is on its way. */
  imageArrives: { status: 'True' | 'False'; message?: string } | undefined
  /** When the process dies that the hand-over starts. */
  deathAfterHandOver: Death | undefined
  /** States that were seen, in their order. */
  readonly states: string[]
  /** Makes the Version, then the Upgrade. */
  start(change?: Change): Promise<Upgrade>
  /** The Upgrade alone. */
  again(change: Change): Promise<Upgrade>
  upgrade(): Promise<Upgrade>
  find(): Promise<Upgrade | undefined>
  annotate(annotations: Record<string, string | null>): Promise<unknown>
  /** `True`, `Unknown InProgress` and so on, by type. */
  conditions(): Promise<Record<string, string>>
  until(isTrue: (upgrade: Upgrade) => boolean | Promise<boolean>, mostMs?: number): Promise<void>
  untilEnd(): Promise<string>
  pass(ms: number): Promise<void>
  repoMachine(): Promise<VirtualMachine | undefined>
  report(): Promise<{
    machines: { name: string; ranBefore: boolean; runsNow: boolean; isSameProcess: boolean; wasMoved?: true }[]
    moves?: { moved: { name: string; from: string; to: string; pausedMs?: number }[]; left: { name: string; why: string }[] }
  }>
  crashRepo(): void
  /** How many control planes there were. */
  lives(): number
  close(): void
}

interface Change {
  metadata?: JsonObject
  spec?: JsonObject
}

const stepMs = 500
const longMs = 30 * 60_000

export async function openUpgradeWorld(): Promise<UpgradeWorld> {
  const host = openHost()
  const installation = simulatePlatform(host.clock)
  host.platform = installation.platform
  const pace: Platform = { host, plane: startControlPlane(host), heldUntilMs: 0 }
  const planes = new Set([pace.plane])
  installation.onHandOver = () => {
    planes.add(pace.plane)
    restart(pace)
    planes.add(pace.plane)
    if (world.deathAfterHandOver !== undefined) pace.plane.dieAt(world.deathAfterHandOver)
    world.deathAfterHandOver = undefined
  }
  installation.askerOf = () => {
    const asker = pace.plane
    return () => asker === pace.plane && !asker.isDead
  }
  await prepareStore(pace.plane)
  const guest = releaseGuest()
  const upgrades = () => pace.plane.client.resource<Upgrade>(upgradeDefinition)
  const images = () => pace.plane.client.resource<VirtualMachineImage>(virtualMachineImageDefinition)
  const states: string[] = []
  host.store.watch('', host.store.revision, ({ after }) => {
    const state = /"harvesterhci.io\/upgradeState":"(\w+)"/.exec(after?.text ?? '')?.[1]
    if (state !== undefined && state !== states.at(-1)) states.push(state)
  })

  /** What the world does by itself in between. */
  async function worldGoesOn(): Promise<void> {
    for (const [id, machine] of host.machines.machines)
      if (!world.repoIsSilent && machine.plan.name === `${harvesterSystemNamespace}_${repoName}`)
        host.machines.serveGuestPort(id, 80, (connection) => void guest.emit('connection', connection))
    if (world.imageArrives === undefined || pace.plane.isDead) return
    for (const image of (await images().list()).items) {
      if (image.status?.conditions !== undefined) continue
      const conditions = withHarvesterCondition([], { type: 'Imported', ...world.imageArrives }, '2026-01-01T00:00:00Z')
      await images().updateStatus({ ...image, status: { progress: 100, conditions } })
    }
  }

  const world: UpgradeWorld = {
    host,
    installation,
    pace,
    repoIsSilent: false,
    imageArrives: { status: 'True' },
    deathAfterHandOver: undefined,
    states,
    async start(change = {}) {
      await pace.plane.client.request('POST', `/apis/harvesterhci.io/v1beta1/namespaces/${harvesterSystemNamespace}/versions`, {
        apiVersion: 'harvesterhci.io/v1beta1',
        kind: 'Version',
        metadata: { name: '1.1.0' },
        spec: { isoURL: 'https://download.example/sheaf-1.1.0.iso' },
      })
      return world.again(change)
    },
    async again({ metadata = {}, spec = {} }) {
      return upgrades().create({
        apiVersion: 'harvesterhci.io/v1beta1',
        kind: 'Upgrade',
        metadata: { ...upgradeKey, ...metadata },
        spec: { version: '1.1.0', ...spec },
      })
    },
    upgrade: () => upgrades().get(upgradeKey),
    find: () => upgrades().find(upgradeKey),
    annotate: (annotations) => upgrades().patch(upgradeKey, { metadata: { annotations } }),
    async conditions() {
      const { status } = await world.upgrade()
      return Object.fromEntries(
        (status?.conditions ?? []).map(({ type, status: is, reason }) => [type, reason ? `${is} ${reason}` : is]),
      )
    },
    async until(isTrue, mostMs = longMs) {
      for (const end = host.clock.now() + mostMs; host.clock.now() < end; ) {
        await becomeQuiet(pace)
        planes.add(pace.plane)
        if (await isTrue(await world.upgrade())) return
        await worldGoesOn()
        await pass(pace, stepMs)
      }
      throw new Error(`it never came true: ${JSON.stringify((await world.upgrade()).status, undefined, 1)}`)
    },
    async untilEnd() {
      await world.until(({ metadata }) => metadata.labels?.['harvesterhci.io/upgradeCleanup'] === 'Succeeded')
      await pass(pace, stepMs)
      return (await world.upgrade()).metadata.labels?.['harvesterhci.io/upgradeState'] ?? ''
    },
    async pass(ms) {
      for (const end = host.clock.now() + ms; host.clock.now() < end; ) {
        await worldGoesOn()
        await pass(pace, stepMs)
      }
    },
    repoMachine: () =>
      pace.plane.client
        .resource<VirtualMachine>(virtualMachineDefinition)
        .find({ namespace: harvesterSystemNamespace, name: repoName }),
    async report() {
      const { data } = await pace.plane.client
        .resource<ConfigMap>(configMapDefinition)
        .get({ namespace: harvesterSystemNamespace, name: `${upgradeName}-report` })
      return JSON.parse(data?.['report.json'] ?? '{}') as Awaited<ReturnType<UpgradeWorld['report']>>
    },
    crashRepo() {
      for (const [id, { plan }] of host.machines.machines) if (plan.name.endsWith(repoName)) host.machines.crash(id)
    },
    lives: () => planes.add(pace.plane).size,
    close() {
      pace.plane.kill()
      guest.close()
      host.close()
    },
  }
  return world
}

/** What answers in the guest. */
function releaseGuest(): Server {
  return createServer((_request, response) => response.end('harvester: 1.1.0\n'))
}

type Devices = VirtualMachine['spec']['template']['spec']['domain']['devices']

export async function runGuest(world: UpgradeWorld, name: string, devices: Devices = {}): Promise<void> {
  const machines = world.pace.plane.client.resource<VirtualMachine>(virtualMachineDefinition)
  await machines.create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace: 'default' },
    spec: {
      runStrategy: 'Always',
      template: { spec: { domain: { devices, memory: { guest: '64Mi' } }, terminationGracePeriodSeconds: 0 } },
    },
  })
  await pass(world.pace, 10_000)
}
