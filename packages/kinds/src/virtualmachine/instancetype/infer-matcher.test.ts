// docs/spec/instancetype.md: a name that is read off a volume. Claims and CDI's Kinds are stood for by a client that knows some.

import type { VirtualMachine } from '@sheaf/api'
import { createClient } from '@sheaf/api/client'
import { describe, expect, it } from 'vitest'
import { inferMatchers } from './infer-matcher.ts'

const labels = {
  'instancetype.kubevirt.io/default-instancetype': 'two',
  'instancetype.kubevirt.io/default-instancetype-kind': 'VirtualMachineInstancetype',
  'instancetype.kubevirt.io/default-preference': 'linux',
}
const claim = '/api/v1/namespaces/shop/persistentvolumeclaims'
const cdi = '/apis/cdi.kubevirt.io/v1beta1/namespaces'
const there: Readonly<Record<string, object>> = {
  [`${claim}/labelled`]: { metadata: { labels } },
  [`${claim}/bare`]: { metadata: {} },
  [`${cdi}/shop/datavolumes/labelled`]: { metadata: { labels }, spec: {} },
  [`${cdi}/shop/datavolumes/cloned`]: { metadata: {}, spec: { source: { pvc: { namespace: 'shop', name: 'labelled' } } } },
  [`${cdi}/shop/datavolumes/blank`]: { metadata: {}, spec: { source: { blank: {} } } },
  [`${cdi}/images/datasources/labelled`]: { metadata: { labels }, spec: {} },
  [`${cdi}/images/datasources/claimed`]: {
    metadata: {},
    spec: { source: { pvc: { namespace: 'shop', name: 'labelled' } } },
  },
}
const client = createClient({
  userAgent: 'test',
  fetch: async ({ path }) => {
    const object = there[path]
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: '',
    }
    return { status: object === undefined ? 404 : 200, headers: {}, body: Buffer.from(JSON.stringify(object ?? status)) }
  },
})

type Spec = VirtualMachine['spec']
type Volume = NonNullable<Spec['template']['spec']['volumes']>[number]

function machineWith(volume: Partial<Volume>, spec: object = {}): VirtualMachine {
  const volumes = [{ name: 'root', ...volume }]
  const template = { spec: { domain: { devices: {}, memory: { guest: '64Mi' } }, volumes } }
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: 'a', namespace: 'shop' },
    spec: { runStrategy: 'Halted', instancetype: { inferFromVolume: 'root' }, template, ...spec },
  }
}

const ofSource = (source: object): VirtualMachine =>
  machineWith({ dataVolume: { name: 'dv' } }, { dataVolumeTemplates: [{ metadata: { name: 'dv' }, spec: source }] })
const fromDataSource = (kind: string, name: string) => ofSource({ sourceRef: { kind, namespace: 'images', name } })

describe('IT15 the name is read off the labels of', () => {
  it.each<[string, VirtualMachine]>([
    ['a claim', machineWith({ persistentVolumeClaim: { claimName: 'labelled' } })],
    ['a data volume', machineWith({ dataVolume: { name: 'labelled' } })],
    ['the claim that a data volume was made of', machineWith({ dataVolume: { name: 'cloned' } })],
    ['the claim that a template is made of', ofSource({ source: { pvc: { namespace: 'shop', name: 'labelled' } } })],
    ['a data source', fromDataSource('DataSource', 'labelled')],
    ['the claim of a data source', fromDataSource('DataSource', 'claimed')],
  ])('%s', async (_, vm) => {
    await inferMatchers(vm, client)
    expect(vm.spec.instancetype).toEqual({ name: 'two', kind: 'VirtualMachineInstancetype' })
    expect(vm.spec.template.spec.domain.memory).toEqual({ guest: '64Mi' })
  })

  it('a volume for the preference too, whose Kind may be left out', async () => {
    const vm = machineWith({ persistentVolumeClaim: { claimName: 'labelled' } }, { preference: { inferFromVolume: 'root' } })
    await inferMatchers(vm, client)
    expect(vm.spec.preference).toEqual({ name: 'linux' })
  })

  it('a volume, whose size takes the place of the one that was written for want of it', async () => {
    const matcher = { inferFromVolume: 'root', inferFromVolumeFailurePolicy: 'Ignore' }
    const vm = machineWith({ persistentVolumeClaim: { claimName: 'labelled' } }, { instancetype: matcher })
    await inferMatchers(vm, client)
    expect(vm.spec.instancetype?.name).toBe('two')
    expect(vm.spec.template.spec.domain.memory).toBeUndefined()
  })
})

const silent: [string, VirtualMachine][] = [
  ['unable to infer defaults from volume root as type is not supported', machineWith({ containerDisk: { image: 'x' } })],
  [
    'unable to find required instancetype.kubevirt.io/default-instancetype label on the volume',
    machineWith({ persistentVolumeClaim: { claimName: 'bare' } }),
  ],
  [
    'unable to infer defaults from DataVolumeSpec as DataVolumeSource is not supported',
    machineWith({ dataVolume: { name: 'blank' } }),
  ],
  ['unable to infer defaults from DataVolumeSourceRef as Kind Volume is not supported', fromDataSource('Volume', 'labelled')],
]

describe('IT16 what cannot be inferred is refused:', () => {
  it.each<[string, VirtualMachine]>([
    ...silent,
    ['unable to find volume other to infer defaults', machineWith({}, { instancetype: { inferFromVolume: 'other' } })],
    ['persistentvolumeclaims "gone" not found', machineWith({ persistentVolumeClaim: { claimName: 'gone' } })],
    ['persistentvolumeclaims "gone" not found', machineWith({ dataVolume: { name: 'gone' } })],
    ['datasources.cdi.kubevirt.io "gone" not found', fromDataSource('DataSource', 'gone')],
  ])('%s', async (why, vm) => {
    const message = `admission webhook "virtualmachines-mutator.kubevirt.io" denied the request: ${why}`
    await expect(inferMatchers(vm, client)).rejects.toMatchObject({ code: 400, message })
  })

  it.each(silent)('or, with the policy Ignore, no longer asked for: %s', async (_, vm) => {
    const ignored = { inferFromVolume: 'root', inferFromVolumeFailurePolicy: 'Ignore' }
    const lenient = { ...vm, spec: { ...vm.spec, instancetype: ignored } }
    await inferMatchers(lenient, client)
    expect(lenient.spec).not.toHaveProperty('instancetype')
  })

  it('what is not there is refused with that policy too', async () => {
    const matcher = { inferFromVolume: 'root', inferFromVolumeFailurePolicy: 'Ignore' }
    const vm = machineWith({ persistentVolumeClaim: { claimName: 'gone' } }, { instancetype: matcher })
    await expect(inferMatchers(vm, client)).rejects.toMatchObject({ code: 400 })
  })
})
