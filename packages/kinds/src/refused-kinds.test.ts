// docs/spec/sets.md: Kinds that are served so that clients are told why none can be made, and priority classes.

import {
  type PriorityClass,
  priorityClassDefinition,
  type VirtualMachineInstancePreset,
  virtualMachineInstancePresetDefinition,
} from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from './api-server.fixture.ts'
import { ensurePriorityClasses, priorityClassKind } from './priorityclass/index.ts'
import { virtualMachineInstancePresetKind } from './virtualmachineinstancepreset/index.ts'

const namespace = 'default'

const world = () => startTestApi((ports) => [...smallKinds, priorityClassKind(ports), virtualMachineInstancePresetKind] as Kind[])

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
