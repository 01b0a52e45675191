// docs/spec/migration.md: migrations of simulated machines, by the real API and the real controllers.

import { type VirtualMachineInstanceMigration, virtualMachineInstanceMigrationDefinition } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import type { SimulatedFaults } from '@sheaf/qemu'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ActionWorld, startActionWorld } from '../virtualmachineinstance/actions/action-world.fixture.ts'

const namespace = 'default'
let world: ActionWorld

const migrations = () => world.client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
const migrationOf = (vmiName: string, name = 'move', spec: object = {}): VirtualMachineInstanceMigration => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstanceMigration',
  metadata: { namespace, name },
  spec: { ...(vmiName === '' ? {} : { vmiName }), ...spec },
})
const phaseOf = async (name = 'move') => (await migrations().find({ namespace, name }))?.status?.phase
const untilPhase = (phase: string, name = 'move') => world.until(async () => (await phaseOf(name)) === phase)
const machineOf = async (uid: string) => {
  const machine = await world.world.open().find(uid)
  if (machine?.state.kind !== 'running') throw new Error(`machine ${uid} does not run`)
  return { ...machine, state: machine.state }
}
async function begun(faults: SimulatedFaults = {}): Promise<string> {
  if (Object.keys(faults).length > 0) {
    await world.stop()
    world = await startActionWorld({ faults })
  }
  const uid = await world.create('vmi')
  await migrations().create(migrationOf('vmi'))
  return uid
}

beforeEach(async () => {
  world = await startActionWorld()
})
afterEach(() => world.stop())

describe('a migration', () => {
  it('MG13 goes through its phases while the instance stays the same object with another process', async () => {
    const uid = await world.create('vmi')
    const before = await machineOf(uid)
    expect(await world.condition('vmi', 'LiveMigratable')).toMatchObject({ status: 'True' })
    expect((await world.get('vmi')).status).toMatchObject({ migrationMethod: 'LiveMigration' })
    const { metadata } = await migrations().create(migrationOf('vmi'))
    expect(metadata).toMatchObject({
      labels: { 'kubevirt.io/vmi-name': 'vmi' },
      finalizers: ['kubevirt.io/migrationJobFinalize'],
      ownerReferences: [{ kind: 'VirtualMachineInstance', name: 'vmi', uid }],
    })
    await untilPhase('Running')
    const underWay = { migrationUid: metadata.uid, sourceNode: 'attic', targetNode: 'attic', mode: 'PreCopy' }
    await world.until(async () => (await world.get('vmi')).status?.migrationState !== undefined)
    const seen = (await world.get('vmi')).status?.migrationState
    expect(seen).toEqual({ ...underWay, startTimestamp: expect.any(String) })
    await untilPhase('Succeeded')
    const { status } = await migrations().get({ namespace, name: 'move' })
    expect(status?.migrationState).toEqual({ ...seen, endTimestamp: expect.any(String), completed: true, failed: false })
    expect(status?.phaseTransitionTimestamps?.map(({ phase }) => phase)).toEqual([
      'Pending',
      'Scheduling',
      'Scheduled',
      'PreparingTarget',
      'TargetReady',
      'Running',
      'Succeeded',
    ])
    await world.until(async () => (await world.get('vmi')).status?.migrationState?.completed === true)
    const after = await machineOf(uid)
    expect(after.state.pid).not.toBe(before.state.pid)
    expect(await world.get('vmi')).toMatchObject({ metadata: { uid }, status: { phase: 'Running', nodeName: 'attic' } })
  })

  it('MG18 tells how long the guest stood still, in the object and in an event', async () => {
    await begun()
    await untilPhase('Succeeded')
    const { status } = await migrations().get({ namespace, name: 'move' })
    const told = /stood still for 20 ms; 64\.0 MiB were copied in 500 ms$/
    expect(findCondition(status?.conditions, 'GuestMoved')).toMatchObject({
      status: 'True',
      reason: 'Measured',
      message: expect.stringMatching(told),
    })
    expect(world.recorded.filter((text) => text.includes('Migrat'))).toEqual([
      expect.stringMatching(/^Normal Migrating vmi/),
      expect.stringMatching(/^Normal SuccessfulMigration move/),
      expect.stringMatching(/^Normal Migrated vmi/),
    ])
  })

  it('MG12 that comes to nothing says why, and the machine is as it was', async () => {
    const uid = await begun({ failsToMove: 1 })
    const before = await machineOf(uid)
    await untilPhase('Failed')
    const { status } = await migrations().get({ namespace, name: 'move' })
    const failureReason = 'simulated fault: QEMU gives up'
    expect(status?.migrationState).toMatchObject({ completed: true, failed: true, failureReason })
    await world.until(async () => (await world.get('vmi')).status?.migrationState?.failed === true)
    expect((await world.get('vmi')).status).toMatchObject({ phase: 'Running', migrationState: { failureReason } })
    expect((await machineOf(uid)).state).toEqual(before.state)
    expect(world.recorded.some((text) => text.startsWith('Warning FailedMigration move'))).toBe(true)
  })

  it('MG8 that the host refuses when its turn comes has failed, with the reason', async () => {
    await world.stop()
    let version = '7.2.0'
    world = await startActionWorld({ capabilities: () => ({ emulator: { ...emulator, version } }) })
    await world.create('vmi')
    version = '6.2.0'
    await migrations().create(migrationOf('vmi'))
    await untilPhase('Failed')
    const { status } = await migrations().get({ namespace, name: 'move' })
    expect(status?.migrationState?.failureReason).toMatch(/runs on QEMU 7\.2\.0 and 6\.2\.0 is installed/)
  })

  it('MG16 is cancelled by deleting it, and goes when the machine has stayed', async () => {
    const uid = await begun()
    const before = await machineOf(uid)
    await untilPhase('Running')
    await migrations().delete({ namespace, name: 'move' })
    await world.until(async () => (await phaseOf()) === undefined)
    await world.until(async () => (await world.get('vmi')).status?.migrationState?.abortStatus === 'Succeeded')
    expect((await world.get('vmi')).status?.migrationState).toMatchObject({ abortRequested: true, failed: true, completed: true })
    expect((await machineOf(uid)).state).toEqual(before.state)
  })

  it('MG15 waits while two others are under way', async () => {
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await world.create(name)
    for (const name of names) await migrations().create(migrationOf(name, name))
    let most = 0
    await world.until(async () => {
      const machines = await world.world.open().list()
      most = Math.max(most, machines.filter(({ migration }) => migration !== undefined && migration.outcome === undefined).length)
      return (await Promise.all(names.map(phaseOf))).every((phase) => phase === 'Succeeded')
    }, 50)
    expect(most).toBe(2)
  })

  it('MG6 ends with its machine', async () => {
    const uid = await begun()
    await untilPhase('Running')
    world.world.crash(uid)
    await untilPhase('Failed')
    const { status } = await migrations().get({ namespace, name: 'move' })
    expect(status?.migrationState?.failureReason).toBe('the machine ended while it was moved')
    expect((await world.get('vmi')).status?.phase).toBe('Failed')
  })

  it('MG20 leaves five of those that have ended', async () => {
    await world.create('vmi')
    for (const name of ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']) {
      await migrations().create(migrationOf('vmi', name))
      await untilPhase('Succeeded', name)
    }
    await world.until(async () => (await migrations().list({ namespace })).items.length === 5)
    const { items } = await migrations().list({ namespace, labelSelector: 'kubevirt.io/vmi-name in (vmi)' })
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['m3', 'm4', 'm5', 'm6', 'm7'])
  })
})

describe('a migration is refused', () => {
  const denied = (why: string | RegExp) => ({
    message: expect.stringMatching(
      new RegExp(
        `^admission webhook "migration-create-validator.kubevirt.io" denied the request: ${typeof why === 'string' ? why : why.source}`,
      ),
    ),
  })

  it('MG14 of none, of one that is not there, and to elsewhere', async () => {
    await expect(migrations().create(migrationOf(''))).rejects.toMatchObject({ code: 422, ...denied('vmiName is missing') })
    await expect(migrations().create(migrationOf('nobody'))).rejects.toMatchObject({
      code: 400,
      ...denied('the VMI "default/nobody" does not exist'),
    })
    const elsewhere = migrationOf('vmi', 'move', { sendTo: { connectURL: 'elsewhere', migrationID: '1' } })
    await expect(migrations().create(elsewhere)).rejects.toMatchObject({ code: 422, ...denied('DecentralizedLiveMigration') })
  })

  it('MG14 of one that has ended', async () => {
    const uid = await world.create('vmi')
    world.world.guestShutdown(uid)
    await world.until(async () => (await world.get('vmi')).status?.phase === 'Succeeded')
    await expect(migrations().create(migrationOf('vmi'))).rejects.toMatchObject({
      code: 400,
      ...denied('Cannot migrate VMI in finalized state.'),
    })
  })

  it('MG17 of one that says that it cannot be moved, with its reason', async () => {
    const devices = { tpm: {}, interfaces: [{ name: 'default', masquerade: {} }] }
    await world.create('vmi', { domain: { devices }, networks: [{ name: 'default', pod: {} }] })
    expect(await world.condition('vmi', 'LiveMigratable')).toMatchObject({
      status: 'False',
      reason: 'NotMigratable',
      message: expect.stringMatching(/^cannot migrate VMI: its TPM keeps its memory/),
    })
    await expect(migrations().create(migrationOf('vmi'))).rejects.toMatchObject({
      code: 400,
      ...denied('Cannot migrate VMI, Reason: NotMigratable, Message: cannot migrate VMI: its TPM'),
    })
  })

  it('MG15 of one that is being moved already', async () => {
    await begun()
    const uid = (await migrations().get({ namespace, name: 'move' })).metadata.uid
    await expect(migrations().create(migrationOf('vmi', 'other'))).rejects.toMatchObject({
      code: 400,
      ...denied(
        `in-flight migration detected\\. Active migration job \\(${uid}\\) is currently already in progress for VMI vmi\\.`,
      ),
    })
    await untilPhase('Succeeded')
    await migrations().create(migrationOf('vmi', 'other'))
    await untilPhase('Succeeded', 'other')
  })

  it('MG14 another spec, once it is there', async () => {
    await begun()
    const { metadata } = await migrations().get({ namespace, name: 'move' })
    const changed = { ...migrationOf('other'), metadata }
    await expect(migrations().update(changed)).rejects.toMatchObject({ code: 422 })
  })
})

describe('virtctl migrate', () => {
  const migrate = (name: string, body: object = {}) =>
    world.request('PUT', `namespaces/default/virtualmachines/${name}/migrate`, body as never)

  it('MG19 makes a migration of the instance', async () => {
    const uid = await world.create('vmi')
    await world.createVirtualMachine('vmi')
    const before = await machineOf(uid)
    expect((await migrate('vmi', { dryRun: ['All'] })).code).toBe(202)
    expect((await migrations().list({ namespace })).items).toEqual([])
    expect((await migrate('vmi')).code).toBe(202)
    const { items } = await migrations().list({ namespace })
    expect(items.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      [expect.stringMatching(/^kubevirt-migrate-vm-/), { vmiName: 'vmi' }],
    ])
    const again = await migrate('vmi')
    expect([again.code, again.message]).toEqual([409, expect.stringMatching(/in-flight migration detected/)])
    await untilPhase('Succeeded', items[0]?.metadata.name)
    expect((await machineOf(uid)).state.pid).not.toBe(before.state.pid)
    expect((await migrate('vmi', { addedNodeSelector: { zone: 'a' } })).message).toMatch(/there is one node/)
  })

  it('MG19 is refused while the machine does not run', async () => {
    await world.createVirtualMachine('vmi')
    expect(await migrate('vmi')).toMatchObject({ code: 404 })
    await world.create('vmi', { nodeSelector: { zone: 'nowhere' } }, 'Pending')
    expect(await migrate('vmi')).toMatchObject({ code: 409, message: expect.stringMatching(/VM is not running$/) })
  })
})

const emulator = {
  version: '7.2.0',
  accelerator: 'kvm',
  processorModels: new Map([['qemu64', []]]),
  processorFeatures: new Map(),
  machineTypes: new Set(['q35']),
  devices: new Set(['virtio-net-pci']),
} as const
