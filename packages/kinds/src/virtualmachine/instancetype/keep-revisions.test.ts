// docs/spec/instancetype.md: what a virtual machine keeps, and what its instance is made of.

import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox } from '../run-strategy-world.fixture.ts'
import { createOutfitWorld, type OutfitWorld, sizeOf } from './outfit-world.fixture.ts'

let world: OutfitWorld
beforeAll(async () => {
  world = await createOutfitWorld()
})
afterAll(() => world.close())

const clusterKind = 'VirtualMachineClusterInstancetype'
let named = 0
/** An instance type that only one test knows. */
const freshType = async (cpus: number) => {
  const name = `type${++named}`
  return world.createClusterType(name, sizeOf(cpus)).then(({ metadata }) => ({ name, uid: metadata.uid ?? '' }))
}
const revisionNames = async () => (await world.revisions.list({ namespace: 'shop' })).items.map(({ metadata }) => metadata.name)
const failureOf = async (box: Sandbox) => findCondition((await box.vm())?.status?.conditions, 'Failure')
const restartOf = async (box: Sandbox) => findCondition((await box.vm())?.status?.conditions, 'RestartRequired')
const refOf = async (box: Sandbox) => (await box.vm())?.status?.instancetypeRef
const topologyOf = async (box: Sandbox) => {
  const { sockets, cores, threads } = (await box.vmi())?.spec.domain.cpu ?? {}
  return [sockets, cores, threads]
}

describe('IT30 a revision of each', () => {
  it.each(['Always', 'Halted'] as const)('is kept at once, also by a machine that is off: %s', async (strategy) => {
    const type = await freshType(2)
    const preference = `cores${named}`
    const { metadata } = await world.createPreference(preference, { cpu: { preferredCPUTopology: 'cores' } })
    const box = await world.create(strategy, { instancetype: { name: type.name }, preference: { name: preference } })
    await box.settle()
    const name = `${box.key.name}-${type.name}-v1beta1-${type.uid}-1`
    const vm = await box.vm()
    expect(vm?.status?.instancetypeRef).toEqual({ name: type.name, kind: clusterKind, controllerRevisionRef: { name } })
    expect(vm?.status?.preferenceRef).toEqual({
      name: preference,
      kind: 'VirtualMachineClusterPreference',
      controllerRevisionRef: { name: `${box.key.name}-${preference}-v1beta1-${metadata.uid}-1` },
    })
    const revision = await world.revisions.get({ namespace: 'shop', name })
    expect(revision).toMatchObject({
      metadata: {
        ownerReferences: [{ kind: 'VirtualMachine', name: box.key.name, uid: vm?.metadata.uid, controller: true }],
        labels: {
          'instancetype.kubevirt.io/object-generation': '1',
          'instancetype.kubevirt.io/object-kind': clusterKind,
          'instancetype.kubevirt.io/object-name': type.name,
          'instancetype.kubevirt.io/object-uid': type.uid,
          'instancetype.kubevirt.io/object-version': 'v1beta1',
        },
      },
      data: { kind: clusterKind, metadata: { name: type.name }, spec: sizeOf(2) },
      revision: 0,
    })
  })

  it('is kept before there is an instance', async () => {
    const type = await freshType(2)
    const box = await world.create('Always', { instancetype: { name: type.name } })
    const seen: (string | undefined)[] = []
    box.beforeCreate(async () => void seen.push((await refOf(box))?.controllerRevisionRef?.name))
    await box.settle()
    // The revision itself comes first, while the status knows of none.
    expect(seen).toEqual([undefined, `${box.key.name}-${type.name}-v1beta1-${type.uid}-1`])
  })
})

it('IT31 the instance is made of the template in full, and tells of what', async () => {
  const type = await freshType(4)
  await world.createPreference('fine', {
    cpu: { preferredCPUTopology: 'cores' },
    devices: { preferredInterfaceModel: 'virtio' },
    annotations: { taste: 'fine' },
  })
  const box = await world.create('Always', { instancetype: { name: type.name }, preference: { name: 'fine' } })
  await box.settle()
  const vmi = await box.vmi()
  expect(await topologyOf(box)).toEqual([1, 4, 1])
  expect(vmi?.spec.domain.memory?.guest).toBe('256Mi')
  expect(vmi?.spec.domain.devices.interfaces).toMatchObject([{ name: 'default', model: 'virtio' }])
  expect(vmi?.metadata.annotations).toMatchObject({
    'kubevirt.io/cluster-instancetype-name': type.name,
    'kubevirt.io/cluster-preference-name': 'fine',
    taste: 'fine',
  })
  expect(await restartOf(box)).toBeUndefined()
})

it('IT31 an instance type of the namespace has an annotation of its own', async () => {
  await world.createType('local', sizeOf(1))
  const box = await world.create('Always', { instancetype: { kind: 'VirtualMachineInstancetype', name: 'local' } })
  await box.settle()
  expect((await box.vmi())?.metadata.annotations).toMatchObject({ 'kubevirt.io/instancetype-name': 'local' })
})

describe('IT32 who changes an instance type changes no machine that there is', () => {
  it('at no start, nor when it is deleted', async () => {
    const type = await freshType(2)
    const box = await world.create('Manual', { instancetype: { name: type.name } })
    await box.settle()
    await world.clusterTypes.patch({ namespace: '', name: type.name }, { spec: { cpu: { guest: 8 } } })
    await box.put('start')
    await box.settle()
    expect(await topologyOf(box)).toEqual([2, 1, 1])
    await world.clusterTypes.delete({ namespace: '', name: type.name })
    await box.put('restart')
    await box.settle()
    expect(await topologyOf(box)).toEqual([2, 1, 1])
    expect(await failureOf(box)).toBeUndefined()
  })

  it('but the next one that names it', async () => {
    const type = await freshType(2)
    await world.clusterTypes.patch({ namespace: '', name: type.name }, { spec: { cpu: { guest: 8 } } })
    const box = await world.create('Always', { instancetype: { name: type.name } })
    await box.settle()
    expect(await topologyOf(box)).toEqual([8, 1, 1])
    expect((await refOf(box))?.controllerRevisionRef?.name).toMatch(/-2$/)
  })
})

describe('IT33 a machine that names another instance type', () => {
  it('keeps that too, and needs a restart while it runs', async () => {
    const [small, large] = [await freshType(1), await freshType(4)]
    const box = await world.create('Always', { instancetype: { name: small.name } })
    await box.settle()
    await box.change({ spec: { instancetype: { name: large.name } } })
    await box.settle()
    expect(await refOf(box)).toMatchObject({
      name: large.name,
      controllerRevisionRef: { name: expect.stringContaining(large.uid) },
    })
    expect((await restartOf(box))?.message).toBe(
      'a non-live-updatable field was changed in the template spec: domain.cpu.sockets',
    )
    expect(await topologyOf(box)).toEqual([1, 1, 1])
    await box.put('restart')
    await box.settle()
    expect(await topologyOf(box)).toEqual([4, 1, 1])
    expect(await restartOf(box)).toBeUndefined()
  })

  it('of the same size needs none', async () => {
    const [one, other] = [await freshType(2), await freshType(2)]
    const box = await world.create('Always', { instancetype: { name: one.name } })
    await box.settle()
    await box.change({ spec: { instancetype: { name: other.name } } })
    await box.settle()
    expect(await restartOf(box)).toBeUndefined()
  })

  it('may go back to a revision that it kept', async () => {
    const [small, large] = [await freshType(1), await freshType(4)]
    const box = await world.create('Manual', { instancetype: { name: small.name } })
    await box.settle()
    const revisionName = (await refOf(box))?.controllerRevisionRef?.name ?? ''
    await box.change({ spec: { instancetype: { name: large.name } } })
    await box.settle()
    await box.change({ spec: { instancetype: { name: small.name, revisionName } } })
    await box.put('start')
    await box.settle()
    expect(await topologyOf(box)).toEqual([1, 1, 1])
    expect((await refOf(box))?.controllerRevisionRef?.name).toBe(revisionName)
  })

  it('names none any more, and its status forgets it', async () => {
    const type = await freshType(1)
    const box = await world.create('Halted', { instancetype: { name: type.name } })
    await box.settle()
    await box.change({ spec: { instancetype: null, template: { spec: { domain: { memory: { guest: '64Mi' } } } } } })
    await box.settle()
    expect(await refOf(box)).toBeUndefined()
  })
})

describe('IT34 a machine whose revision is gone', () => {
  const bereft = async (strategy: 'Always' | 'Manual') => {
    const type = await freshType(2)
    const box = await world.create(strategy, { instancetype: { name: type.name } })
    await box.settle()
    const name = (await refOf(box))?.controllerRevisionRef?.name ?? ''
    const revision = await world.revisions.get({ namespace: 'shop', name })
    await world.revisions.delete({ namespace: 'shop', name })
    return { box, name, revision }
  }

  it('says so, and starts when it is back', async () => {
    const { box, name, revision } = await bereft('Manual')
    await box.put('start')
    expect(await box.settle()).toEqual({ kind: 'after', delayMs: expect.any(Number) as number })
    expect(await failureOf(box)).toMatchObject({
      reason: 'FailedFindInstancetype',
      message: `controllerrevisions.apps "${name}" not found`,
    })
    expect(await box.vmi()).toBeUndefined()
    expect((await box.vm())?.status?.printableStatus).toBe('Stopped')
    const { metadata, ...rest } = revision
    await world.revisions.create({ ...rest, metadata: { ...metadata, resourceVersion: '' } })
    await box.settle()
    expect(await failureOf(box)).toBeUndefined()
    expect((await box.vm())?.status?.printableStatus).toBe('Running')
  })

  it('runs on without being blamed for changes, and can be stopped', async () => {
    const { box } = await bereft('Always')
    await box.settle()
    expect(await failureOf(box)).toMatchObject({ reason: 'FailedFindInstancetype' })
    expect(await restartOf(box)).toBeUndefined()
    expect((await box.vm())?.status?.printableStatus).toBe('Running')
    await box.put('stop')
    await box.settle()
    expect(await box.vmi()).toBeUndefined()
    await box.vms.delete(box.key)
    await box.settle()
    expect(await box.vm()).toBeUndefined()
  })

  it('and whose preference is missing says which', async () => {
    await world.createPreference('fleeting', {})
    const box = await world.create('Always', {
      preference: { name: 'fleeting' },
      template: { spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } },
    })
    await world.preferences.delete({ namespace: '', name: 'fleeting' })
    await box.settle()
    expect(await failureOf(box)).toMatchObject({
      reason: 'FailedFindPreference',
      message: 'virtualmachineclusterpreferences.instancetype.kubevirt.io "fleeting" not found',
    })
  })
})

describe('IT35 a process that dies on the way', () => {
  it.each(['before', 'after'] as const)('%s any of its writes is continued by the next', async (moment) => {
    for (let write = 0; write < 12; write++) {
      const type = await freshType(2)
      const box = await world.create('Always', { instancetype: { name: type.name } })
      const hasDied = await box.settleWithDeath(write, moment)
      await box.settle()
      expect(await topologyOf(box)).toEqual([2, 1, 1])
      expect((await revisionNames()).filter((name) => name?.startsWith(`${box.key.name}-`))).toHaveLength(1)
      if (!hasDied) return
    }
  })
})

describe('IT36 what stands in the way of keeping it is said:', () => {
  it('a conflict that came after admission', async () => {
    const type = await freshType(2)
    const template = { spec: { domain: { devices: {}, cpu: { model: 'max' } } } }
    const box = await world.create('Always', { instancetype: { name: type.name }, template })
    await world.clusterTypes.patch({ namespace: '', name: type.name }, { spec: { cpu: { model: 'qemu64' } } })
    await box.settle()
    expect(await failureOf(box)).toMatchObject({
      reason: 'FailedCreate',
      message:
        'error encountered while storing instancetype.kubevirt.io controllerRevisions: VM field(s) spec.template.spec.domain.cpu.model conflicts with selected instance type',
    })
  })

  it('a revision of that name with other contents', async () => {
    const type = await freshType(2)
    const box = await world.create('Always', { instancetype: { name: type.name } })
    const name = `${box.key.name}-${type.name}-v1beta1-${type.uid}-1`
    await world.revisions.create({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { namespace: 'shop', name },
      data: { kind: clusterKind, spec: sizeOf(9) as never },
      revision: 0,
    })
    await expect(box.settle()).rejects.toThrow(/unexpected data/)
    expect(await failureOf(box)).toMatchObject({
      reason: 'FailedCreate',
      message: `error encountered while storing instancetype.kubevirt.io controllerRevisions: found existing ControllerRevision with unexpected data: ${name}`,
    })
  })

  it('and a revision that holds no instance type', async () => {
    await world.revisions.create({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { namespace: 'shop', name: 'other' },
      data: { kind: 'Other' },
      revision: 0,
    })
    const refusal = world.create('Always', { instancetype: { name: 'x', revisionName: 'other' } })
    await expect(refusal).rejects.toThrow(/unexpected type in ControllerRevision/)
  })
})

it('IT4 what a revision holds never changes', async () => {
  const type = await freshType(2)
  const box = await world.create('Halted', { instancetype: { name: type.name } })
  await box.settle()
  const key = { namespace: 'shop', name: (await refOf(box))?.controllerRevisionRef?.name ?? '' }
  await world.revisions.patch(key, { metadata: { labels: { note: 'mine' } } })
  await expect(world.revisions.patch(key, { data: { spec: { cpu: { guest: 9 } } } })).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('data: Forbidden: field is immutable'),
  })
})

it('IT35 a start that is owed is not lost while a revision is kept, nor while one is missing', async () => {
  const [one, other] = [await freshType(1), await freshType(2)]
  const box = await world.create('Manual', { instancetype: { name: one.name } })
  await box.settle()
  await box.put('start')
  await box.settle()
  await box.put('stop')
  await box.settle()
  await box.change({ spec: { runStrategy: 'RerunOnFailure', instancetype: { name: other.name } } })
  await world.clusterTypes.delete({ namespace: '', name: other.name })
  await box.settle()
  expect(await failureOf(box)).toMatchObject({ reason: 'FailedFindInstancetype' })
  await world.createClusterType(other.name, sizeOf(3))
  await box.settle()
  expect(await topologyOf(box)).toEqual([3, 1, 1])
})

it('IT35 a pass over a machine that is as it should be writes nothing', async () => {
  const type = await freshType(2)
  const box = await world.create('Always', { instancetype: { name: type.name } })
  await box.settle()
  const revision = box.revision()
  expect(await box.reconcile()).toEqual({ kind: 'done' })
  expect(box.revision()).toBe(revision)
})
