// docs/spec/instancetype.md: how a virtual machine names its instance type and preference, and what is looked at before it is
// taken.

import type { VirtualMachine } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutfitWorld, emptyTemplate, type OutfitWorld, sizeOf } from './outfit-world.fixture.ts'

let world: OutfitWorld
beforeAll(async () => {
  world = await createOutfitWorld()
  await world.createClusterType('two', sizeOf(2))
  await world.createType('three', sizeOf(3))
  await world.createPreference('spread', { cpu: { preferredCPUTopology: 'spread' } })
  await world.createPreference('greedy', { requirements: { memory: { guest: '1Gi' } } })
  await world.createPreference('early', {
    machine: { preferredMachineType: 'pc-q35-7.2' },
    preferredArchitecture: 'amd64',
    volumes: { preferredStorageClassName: 'fast' },
  })
})
afterAll(() => world.close())

type Spec = Partial<VirtualMachine['spec']>
const create = (spec: Spec) => world.create('Halted', spec)
const denial = (webhook: string, message: string) => `admission webhook "${webhook}.kubevirt.io" denied the request: ${message}`

describe('IT10 a matcher', () => {
  it.each<[Spec, string, string]>([
    [
      { instancetype: {} },
      'spec.instancetype',
      'Either Name or InferFromVolume should be provided within the InstancetypeMatcher',
    ],
    [{ preference: {} }, 'spec.preference', 'Either Name or InferFromVolume should be provided within the PreferenceMatcher'],
    [
      { instancetype: { name: 'two', inferFromVolume: 'root' } },
      'spec.instancetype.name',
      'Name already set, should be cleared before setting inferFromVolume',
    ],
    [
      { preference: { kind: 'VirtualMachinePreference', inferFromVolume: 'root' } },
      'spec.preference.kind',
      'Kind already set, should be cleared before setting inferFromVolume',
    ],
    [
      { instancetype: { name: 'two', inferFromVolumeFailurePolicy: 'Retry' } },
      'spec.instancetype.inferFromVolumeFailurePolicy',
      "Invalid value 'Retry' for InferFromVolumeFailurePolicy",
    ],
  ])('%o is refused', async (spec, field, message) => {
    await expect(create(spec)).rejects.toMatchObject({
      code: 422,
      message: denial('virtualmachines-mutator', message),
      details: { causes: [{ field, message }] },
    })
  })

  it('keeps its revision only as long as it keeps its name', async () => {
    const box = await create({ instancetype: { name: 'two' } })
    await box.settle()
    const revisionName = (await box.vm())?.status?.instancetypeRef?.controllerRevisionRef?.name ?? ''
    await box.change({ spec: { instancetype: { revisionName } } })
    const renamed = { kind: 'VirtualMachineInstancetype', name: 'three' }
    await expect(box.change({ spec: { instancetype: renamed } })).rejects.toMatchObject({
      message: denial('virtualmachines-mutator', 'the Matcher Name has been updated without updating the RevisionName'),
    })
    await box.change({ spec: { instancetype: { ...renamed, revisionName: null } } })
  })
})

describe('IT11 the Kind may be named', () => {
  it.each<[string | undefined, string]>([
    [undefined, 'two'],
    ['VirtualMachineClusterInstancetype', 'two'],
    ['virtualmachineclusterinstancetypes', 'two'],
    ['VirtualMachineInstancetype', 'three'],
    ['virtualmachineinstancetypes', 'three'],
  ])('%s', async (kind, name) => {
    const box = await create({ instancetype: { name, ...(kind === undefined ? {} : { kind }) } })
    expect((await box.vm())?.spec.instancetype?.name).toBe(name)
  })

  it('but not as something else', async () => {
    await expect(create({ instancetype: { name: 'two', kind: 'Secret' } })).rejects.toMatchObject({
      message: denial(
        'virtualmachine-validator',
        'Failure to find instancetype: got unexpected kind in InstancetypeMatcher: Secret',
      ),
    })
  })
})

describe('IT12 what is not there', () => {
  it('is refused at creation, and when a name is changed to it', async () => {
    const message = denial(
      'virtualmachine-validator',
      'Failure to find instancetype: virtualmachineclusterinstancetypes.instancetype.kubevirt.io "nine" not found',
    )
    await expect(create({ instancetype: { name: 'nine' } })).rejects.toMatchObject({ code: 422, message })
    const box = await create({ instancetype: { name: 'two' } })
    await expect(box.change({ spec: { instancetype: { name: 'nine' } } })).rejects.toMatchObject({ message })
    await expect(box.change({ spec: { instancetype: { revisionName: 'nine' } } })).rejects.toMatchObject({
      message: denial('virtualmachine-validator', 'Failure to find instancetype: controllerrevisions.apps "nine" not found'),
    })
  })

  it('does not keep a machine that named it before from being changed', async () => {
    await world.createClusterType('passing', sizeOf(1))
    const box = await create({ instancetype: { name: 'passing' } })
    await world.clusterTypes.delete({ namespace: '', name: 'passing' })
    await box.change({ spec: { runStrategy: 'Manual' } })
    expect((await box.vm())?.spec.runStrategy).toBe('Manual')
  })
})

describe('IT13 what follows from both together is refused:', () => {
  it.each<[string, Spec, string]>([
    [
      'a conflict',
      { instancetype: { name: 'two' }, template: { spec: { domain: { devices: {}, cpu: { cores: 4 } } } } },
      'VM field(s) spec.template.spec.domain.cpu.cores conflicts with selected instance type',
    ],
    [
      'a rest',
      { instancetype: { name: 'three', kind: 'VirtualMachineInstancetype' }, preference: { name: 'spread' } },
      '3 vCPUs provided by the instance type are not divisible by the Spec.PreferSpreadSocketToCoreRatio or Spec.CPU.PreferSpreadOptions.Ratio of 2 provided by the preference',
    ],
    [
      'a requirement that is not met',
      { instancetype: { name: 'two' }, preference: { name: 'greedy' } },
      'failure checking preference requirements: insufficient Memory resources of 256Mi provided by instance type, preference requires 1Gi',
    ],
  ])('%s', async (_, spec, message) => {
    await expect(create(spec)).rejects.toMatchObject({ code: 422, message: denial('virtualmachine-validator', message) })
  })

  it('what the rules of machines say of the template in full', async () => {
    await world.createClusterType('isolated', { ...sizeOf(1), cpu: { guest: 1, isolateEmulatorThread: true } })
    await expect(create({ instancetype: { name: 'isolated' } })).rejects.toMatchObject({
      details: { causes: [{ field: 'spec.template.spec.domain.cpu.isolateEmulatorThread' }] },
    })
  })
})

it('IT14 a new machine takes its machine type, architecture and storage class from the preference', async () => {
  const dataVolumeTemplates = [{ metadata: { name: 'root' }, spec: { storage: {}, source: { blank: {} } } }]
  const volumes = [{ name: 'root', dataVolume: { name: 'root' } }]
  const template = { spec: { domain: { devices: {} }, volumes } }
  const box = await create({ preference: { name: 'early' }, template, dataVolumeTemplates } as Spec)
  const spec = (await box.vm())?.spec
  expect(spec?.template.spec).toMatchObject({ architecture: 'amd64', domain: { machine: { type: 'pc-q35-7.2' } } })
  expect(spec?.dataVolumeTemplates?.[0]?.spec).toMatchObject({ storage: { storageClassName: 'fast' } })
})

it('the template itself stays as it was written', async () => {
  const box = await create({ instancetype: { name: 'two' } })
  expect((await box.vm())?.spec.template.spec.domain).not.toHaveProperty('memory')
  expect(emptyTemplate.spec.domain).toEqual({ devices: {} })
})
