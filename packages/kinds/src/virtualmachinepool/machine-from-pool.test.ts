// docs/spec/sets.md: what a member of a pool is made of.

import { expect, test } from 'vitest'
import { machineFromPool, updatedMachine } from './machine-from-pool.ts'
import { revisionLabel, revisionOf } from './revision.ts'
import { labels, sampleMember, samplePool } from './sample-pool.fixture.ts'

test('VP8 it is named by its number, marked as the template says and with what it is made of', () => {
  const pool = samplePool()
  const { machine, instance } = revisionOf(pool)
  const { metadata, spec } = machineFromPool(pool, 7)
  expect(metadata).toEqual({
    name: 'shop-7',
    namespace: 'default',
    labels: { ...labels, [revisionLabel]: machine },
    ownerReferences: [
      {
        apiVersion: 'pool.kubevirt.io/v1beta1',
        kind: 'VirtualMachinePool',
        name: 'shop',
        uid: 'pool-uid',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  })
  expect(spec.template.metadata?.labels).toEqual({ ...labels, [revisionLabel]: instance })
})

test('VP8 the mark is the same whatever the order of keys and what clients leave empty', () => {
  const pool = samplePool()
  const { spec } = pool.spec.virtualMachineTemplate
  const reordered = samplePool({
    machine: { template: { ...spec.template, spec: { ...spec.template.spec } }, runStrategy: 'Always' },
  })
  reordered.spec.virtualMachineTemplate.metadata = { creationTimestamp: null, labels: { ...labels } }
  expect(revisionOf(reordered)).toEqual(revisionOf(pool))
  expect(revisionOf(samplePool({ replicas: 9, paused: true }))).toEqual(revisionOf(pool))
})

test('VP8 a change of the VM alone changes only its own mark', () => {
  const [before, after] = [samplePool(), samplePool({ machine: { runStrategy: 'Manual' } })].map(revisionOf)
  expect(after?.instance).toBe(before?.instance)
  expect(after?.machine).not.toBe(before?.machine)
  expect(revisionOf(samplePool({ instance: { hostname: 'a' } }))).not.toMatchObject({ instance: before?.instance })
})

test('VP6 a template that says running makes VMs that say runStrategy', () => {
  for (const [running, runStrategy] of [
    [true, 'Always'],
    [false, 'Halted'],
  ] as const) {
    const pool = samplePool()
    const { runStrategy: _replaced, ...spec } = pool.spec.virtualMachineTemplate.spec
    pool.spec.virtualMachineTemplate.spec = { ...spec, running }
    const made = machineFromPool(pool, 0).spec
    expect([made.running, made.runStrategy]).toEqual([undefined, runStrategy])
  }
})

const volumes = [
  { name: 'a', dataVolume: { name: 'disk' } },
  { name: 'b', persistentVolumeClaim: { claimName: 'disk' } },
  { name: 'c', persistentVolumeClaim: { claimName: 'shared' } },
  { name: 'd', configMap: { name: 'config' } },
  { name: 'e', secret: { secretName: 'key' } },
  { name: 'f', cloudInitNoCloud: { secretRef: { name: 'user' }, networkDataSecretRef: { name: 'net' } } },
  { name: 'g', cloudInitConfigDrive: { userData: 'x' } },
]
const dataVolumeTemplates = [{ metadata: { name: 'disk' }, spec: {} }]

test('VP9 what each member has for itself bears its number, and what is shared does not', () => {
  const { spec } = machineFromPool(samplePool({ machine: { dataVolumeTemplates }, instance: { volumes } }), 3)
  expect(spec.dataVolumeTemplates).toEqual([{ metadata: { name: 'disk-3' }, spec: {} }])
  expect(spec.template.spec.volumes).toEqual([
    { name: 'a', dataVolume: { name: 'disk-3' } },
    { name: 'b', persistentVolumeClaim: { claimName: 'disk-3' } },
    ...volumes.slice(2),
  ])
})

test('VP9 configuration and secrets bear it when the pool says so', () => {
  const nameGeneration = { appendIndexToConfigMapRefs: true, appendIndexToSecretRefs: true }
  const { spec } = machineFromPool(samplePool({ nameGeneration, instance: { volumes: volumes.slice(3) } }), 3)
  expect(spec.template.spec.volumes).toEqual([
    { name: 'd', configMap: { name: 'config-3' } },
    { name: 'e', secret: { secretName: 'key-3' } },
    { name: 'f', cloudInitNoCloud: { secretRef: { name: 'user-3' }, networkDataSecretRef: { name: 'net-3' } } },
    volumes[6],
  ])
})

test('VP10 an update keeps what the guest knows itself by, and what is not the template’s', () => {
  const before = sampleMember(samplePool(), 4)
  before.metadata.finalizers = ['held']
  before.spec.template.spec.domain.firmware = { uuid: 'u', serial: 's' }
  before.spec.template.spec.domain.machine = { type: 'q35' }
  before.spec.template.spec.architecture = 'amd64'
  const pool = samplePool({ instance: { hostname: 'new', domain: { devices: {}, firmware: { uuid: 'other', bootloader: {} } } } })
  const after = updatedMachine(pool, before)
  expect(after.metadata).toMatchObject({ name: 'shop-4', uid: 'uid-4', finalizers: ['held'] })
  expect(after.metadata.labels?.[revisionLabel]).toBe(revisionOf(pool).machine)
  expect(after.spec.template.spec).toEqual({
    hostname: 'new',
    architecture: 'amd64',
    domain: { devices: {}, firmware: { uuid: 'u', serial: 's', bootloader: {} }, machine: { type: 'q35' } },
  })
})
