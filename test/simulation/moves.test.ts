// docs/spec/migration.md: machines that are moved while the control plane dies at every one of its effects, and by chance.

import {
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
} from '@sheaf/api'
import type { Random } from '@sheaf/api/meta'
import type { Machine } from '@sheaf/qemu'
import { expect, it } from 'vitest'
import { pick, printedRandom } from '../kit/seed.ts'
import { becomeQuiet, pass, type Platform, restart } from './pace.ts'
import { closePlatform, openPlatform } from './platform.ts'

const namespace = 'default'
const key = { namespace, name: 'vm' }
/** Longer than a boot, and longer than a move. */
const longMs = 3_000

const migrationsOf = ({ plane }: Platform) =>
  plane.client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
const instanceIn = ({ plane }: Platform) =>
  plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key)

async function openWithMachine(): Promise<Platform> {
  const platform = await openPlatform()
  await platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition).create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { ...key },
    spec: {
      runStrategy: 'Always',
      template: { spec: { domain: { memory: { guest: '64Mi' }, devices: {} }, terminationGracePeriodSeconds: 1 } },
    },
  })
  await becomeQuiet(platform)
  await pass(platform, longMs)
  return platform
}

const move = (platform: Platform, name: string) =>
  migrationsOf(platform).create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { namespace, name },
    spec: { vmiName: key.name },
  })

async function onlyMachine(platform: Platform): Promise<Machine> {
  const machines = await platform.host.list()
  const running = machines.filter(({ state }) => state.kind === 'running')
  expect(running).toHaveLength(1)
  return running[0] as Machine
}

const pidOf = ({ state }: Machine): number | undefined => (state.kind === 'running' ? state.pid : undefined)

/** What holds whenever nothing is under way: objects and machines say the same, and none is left on its way. */
async function expectTruth(platform: Platform): Promise<void> {
  const machine = (await platform.host.list()).find(({ state }) => state.kind === 'running')
  const instance = await instanceIn(platform)
  const { items } = await migrationsOf(platform).list({ namespace })
  for (const { status, metadata } of items) {
    expect([metadata.name, status?.phase]).toEqual([metadata.name, expect.stringMatching(/^(Succeeded|Failed)$/)])
    expect(status?.migrationState).toMatchObject({ completed: true, failed: status?.phase === 'Failed' })
  }
  if (machine === undefined || instance === undefined) return
  expect(machine.migration === undefined || machine.migration.outcome !== undefined).toBe(true)
  expect(instance.status?.migrationState?.migrationUid).toBe(machine.migration?.name)
  expect(instance.status?.migrationState?.failed).toBe(machine.migration && machine.migration.outcome?.kind === 'failed')
}

it.each(['before', 'after'] as const)(
  'MG9 a control plane that dies %s any of its effects leaves a move that comes to its end once',
  { timeout: 120_000 },
  async (moment) => {
    let survived = false
    for (let effect = 0; !survived; effect++) {
      const platform = await openWithMachine()
      const before = await onlyMachine(platform)
      const firstLife = platform.plane
      platform.plane.dieAt({ effect, moment })
      await move(platform, 'move')
      await becomeQuiet(platform)
      await pass(platform, longMs)
      survived = platform.plane === firstLife && !firstLife.isDead
      const { status } = await migrationsOf(platform).get({ namespace, name: 'move' })
      expect(status?.phase).toBe('Succeeded')
      const after = await onlyMachine(platform)
      expect(after.state).toMatchObject({ earlierPids: [pidOf(before)] })
      await expectTruth(platform)
      closePlatform(platform)
      expect(effect).toBeLessThan(100)
    }
  },
)

it('MG16 a control plane that dies at any effect of a cancellation leaves the machine where it was', {
  timeout: 120_000,
}, async () => {
  let survived = false
  for (let effect = 0; !survived; effect++) {
    const platform = await openWithMachine()
    const before = await onlyMachine(platform)
    await move(platform, 'move')
    await becomeQuiet(platform)
    const firstLife = platform.plane
    platform.plane.dieAt({ effect, moment: 'before' })
    await migrationsOf(platform).delete({ namespace, name: 'move' })
    await becomeQuiet(platform)
    await pass(platform, longMs)
    survived = platform.plane === firstLife && !firstLife.isDead
    expect(await migrationsOf(platform).find({ namespace, name: 'move' })).toBeUndefined()
    expect(pidOf(await onlyMachine(platform))).toBe(pidOf(before))
    await expectTruth(platform)
    closePlatform(platform)
    expect(effect).toBeLessThan(100)
  }
})

const names = [
  'move',
  'cancel',
  'QEMU gives up',
  'the machine crashes',
  'the guest shuts down',
  'the control plane starts anew',
  'time passes',
] as const

const deeds: Record<(typeof names)[number], (platform: Platform, random: Random, at: number) => Promise<unknown>> = {
  move: (platform, _, at) => move(platform, `m${at}`),
  cancel: async (platform) => {
    const { items } = await migrationsOf(platform).list({ namespace })
    for (const { metadata } of items) await migrationsOf(platform).delete({ namespace, name: metadata.name ?? '' })
  },
  'QEMU gives up': async ({ host }) => {
    for (const { id } of await host.list()) host.machines.machines.get(id)?.endMove('QemuFailed', 'it was told to')
  },
  'the machine crashes': async ({ host }) => {
    for (const { id } of await host.list()) host.machines.crash(id)
  },
  'the guest shuts down': async ({ host }) => {
    for (const { id } of await host.list()) host.machines.guestShutdown(id)
  },
  'the control plane starts anew': async (platform) => restart(platform),
  'time passes': (platform, random) => pass(platform, pick(random, [100, 300, 1_000, 4_000])),
}

it('MG9 whatever happens while machines are moved, objects and machines agree in the end', { timeout: 120_000 }, async () => {
  const random = printedRandom('moves')
  for (let history = 0; history < 12; history++) {
    const platform = await openWithMachine()
    const told: string[] = []
    for (let at = 0; at < 25; at++) {
      const what = pick(random, names)
      if (random.below(4) === 0) platform.plane.dieAt({ effect: random.below(6), moment: pick(random, ['before', 'after']) })
      told.push(what)
      // What is refused changes nothing.
      await deeds[what](platform, random, at).catch(() => {})
      await becomeQuiet(platform)
    }
    // Longer than the pause after failures in a row.
    await pass(platform, 400_000)
    await expectTruth(platform).catch((error: unknown) => {
      throw new Error(told.join('; '), { cause: error })
    })
    await onlyMachine(platform)
    closePlatform(platform)
  }
})
