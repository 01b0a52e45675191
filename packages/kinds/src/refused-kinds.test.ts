// docs/spec/sets.md: Kinds that are served so that clients are told why none can be made, and priority classes.

import {
  type PriorityClass,
  priorityClassDefinition,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  type VirtualMachineInstancePreset,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
  virtualMachineInstancePresetDefinition,
} from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from './api-server.fixture.ts'
import { ensurePriorityClasses, priorityClassKind } from './priorityclass/index.ts'
import { virtualMachineInstanceMigrationKind } from './virtualmachineinstancemigration/index.ts'
import { virtualMachineInstancePresetKind } from './virtualmachineinstancepreset/index.ts'

const namespace = 'default'

const world = () =>
  startTestApi(
    (ports) =>
      [
        ...smallKinds,
        priorityClassKind(ports),
        { definition: virtualMachineInstanceDefinition },
        virtualMachineInstancePresetKind,
        virtualMachineInstanceMigrationKind(ports),
      ] as Kind[],
  )

test('RK1 a preset is refused with what replaces it', async () => {
  const { client } = await world()
  const presets = client.resource<VirtualMachineInstancePreset>(virtualMachineInstancePresetDefinition)
  expect((await presets.list({ namespace })).items).toEqual([])
  const preset: VirtualMachineInstancePreset = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstancePreset',
    metadata: { namespace, name: 'small' },
    spec: { selector: {} },
  }
  await expect(presets.create(preset)).rejects.toMatchObject({
    code: 422,
    message: expect.stringMatching(
      /^admission webhook "virtualmachinepreset-validator\.kubevirt\.io" denied the request: kubevirt\.io\/v1 VirtualMachineInstancePresets is now deprecated and will be removed in v2\. .*VirtualMachineInstancetype.*VirtualMachinePreference/,
    ),
  })
})

const status = (
  phase: 'Running' | 'Succeeded',
  conditions: NonNullable<VirtualMachineInstance['status']>['conditions'] = [],
) => ({
  phase,
  conditions,
})
const onlyNode = 'this machine is the only node: there is nowhere to migrate to'
const notMigratable = { type: 'LiveMigratable', status: 'False', reason: 'DisksNotLiveMigratable', message: 'a disk' } as const

test.each([
  ['one that is not there', undefined, 400, 'the VMI "default/vmi" does not exist'],
  ['one that has ended', status('Succeeded'), 400, 'Cannot migrate VMI in finalized state.'],
  ['one that runs', status('Running'), 400, `Cannot migrate VMI, Reason: NotMigratable, Message: ${onlyNode}`],
  [
    'one that says why',
    status('Running', [notMigratable]),
    400,
    'Cannot migrate VMI, Reason: DisksNotLiveMigratable, Message: a disk',
  ],
])('RK2 a migration of %s is refused', async (_what, given, code, why) => {
  const { client } = await world()
  const migrations = client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
  if (given !== undefined) {
    await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).create({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { namespace, name: 'vmi' },
      spec: { domain: { devices: {} } },
      status: given,
    })
  }
  await expect(migrations.create(migrationOf('vmi'))).rejects.toMatchObject({
    code,
    message: `admission webhook "migration-create-validator.kubevirt.io" denied the request: ${why}`,
  })
  expect((await migrations.list({ namespace, labelSelector: 'kubevirt.io/vmi-name in (vmi)' })).items).toEqual([])
})

test('RK2 a migration of none is refused', async () => {
  const { client } = await world()
  const migrations = client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
  await expect(migrations.create(migrationOf(''))).rejects.toMatchObject({
    code: 422,
    message: 'admission webhook "migration-create-validator.kubevirt.io" denied the request: vmiName is missing',
  })
})

function migrationOf(vmiName: string): VirtualMachineInstanceMigration {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { namespace, name: 'move' },
    spec: vmiName === '' ? {} : { vmiName },
  }
}

const classOf = (name: string, globalDefault = false): PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value: 5,
  globalDefault,
})

test('PC3 the classes of the system are there, making them again changes nothing, and they stay', async () => {
  const { client } = await world()
  const classes = client.resource<PriorityClass>(priorityClassDefinition)
  await ensurePriorityClasses(client)
  const { items } = await classes.list()
  await ensurePriorityClasses(client)
  expect((await classes.list()).items).toEqual(items)
  expect(items.map(({ metadata, value }) => [metadata.name, value])).toEqual([
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ])
  await expect(classes.delete({ namespace: '', name: 'system-node-critical' })).rejects.toMatchObject({
    code: 403,
    message:
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  })
})

test('PC3 there is one default', async () => {
  const { client } = await world()
  const classes = client.resource<PriorityClass>(priorityClassDefinition)
  await classes.create(classOf('usual', true))
  await classes.create(classOf('other'))
  const why = 'PriorityClass usual is already marked as default. Only one default can exist'
  await expect(classes.create(classOf('third', true))).rejects.toMatchObject({ code: 403, message: expect.stringContaining(why) })
  await expect(classes.update(classOf('other', true))).rejects.toMatchObject({ message: expect.stringContaining(why) })
  await classes.update({ ...classOf('usual', true), description: 'still the default' })
  await classes.delete({ namespace: '', name: 'usual' })
  await classes.update(classOf('other', true))
})
