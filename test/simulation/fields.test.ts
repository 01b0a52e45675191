// Every field of a machine's spec outside its domain has its fate in a table, and those that cannot be had are seen to be
// refused, or reported, by the real API server and controllers.

import {
  schemas,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fate } from '../../packages/kinds/src/virtualmachineinstance/fields/field-fate.ts'
import { instanceSpecFields, machineSpecFields } from '../../packages/kinds/src/virtualmachineinstance/fields/spec-fields.ts'
import { type Platform, pass } from './pace.ts'
import { openPlatform } from './platform.ts'

type Fates = Readonly<Record<string, Fate>>

/** The fields of a definition that have none below them, as paths; `domain` and templates have tables of their own. */
function leavesOf(definition: string, path: readonly string[] = []): string[] {
  const { properties } = schemas[definition] ?? {}
  if (properties === undefined) return [path.join('.')]
  return Object.entries(properties).flatMap(([name, schema]) => {
    const at = [...path, name]
    const isElsewhere = path.length === 0 && (name === 'domain' || name === 'template')
    const reference = schema.$ref ?? schema.items?.$ref
    return isElsewhere || reference === undefined ? [at.join('.')] : leavesOf(reference.split('/').at(-1) ?? '', at)
  })
}

const isAbove = (field: string, leaf: string): boolean => leaf === field || leaf.startsWith(`${field}.`)

describe.each([
  ['an instance', 'io.kubevirt.v1.VirtualMachineInstanceSpec', instanceSpecFields, ['domain']],
  ['a virtual machine', 'io.kubevirt.v1.VirtualMachineSpec', machineSpecFields, []],
] as const)('VI70 the spec of %s', (_, definition, fates: Fates, elsewhere: readonly string[]) => {
  const leaves = leavesOf(definition).filter((leaf) => !elsewhere.includes(leaf))
  const fields = Object.keys(fates)

  it('has no field without a fate', () => {
    expect(leaves.filter((leaf) => !fields.some((field) => isAbove(field, leaf)))).toEqual([])
  })

  it('has no fate without a field, and none twice', () => {
    expect(fields.filter((field) => !leaves.some((leaf) => isAbove(field, leaf)))).toEqual([])
    expect(fields.filter((field) => fields.some((other) => other !== field && isAbove(other, field)))).toEqual([])
  })
})

type Spec = VirtualMachineInstance['spec']
const volume = (source: object): Partial<Spec> => ({ volumes: [{ name: 'v', ...source }] })
const hostDisk = volume({ hostDisk: { path: '/disk.img', type: 'DiskOrCreate', capacity: '1Gi' } })
const ofContainer = { path: 'cpu', resourceFieldRef: { resource: 'limits.cpu' } }
const claim = /^PVC default\/data does not exist/

/** Uses of the fields that cannot be had, and what is said. */
const uses: Readonly<Record<string, [Partial<Spec>, RegExp]>> = {
  architecture: [{ architecture: 'arm64' }, /another architecture than amd64/],
  'networks.multus': [
    {
      networks: [{ name: 'n', multus: { networkName: 'vlan' } }],
      domain: { devices: { interfaces: [{ name: 'n', bridge: {} }] } },
    },
    /networks beside the pod network/,
  ],
  resourceClaims: [{ resourceClaims: [{ name: 'gpu' }] }, /resource claims/],
  schedulerName: [{ schedulerName: 'clever' }, /no scheduler "clever" runs here/],
  utilityVolumes: [{ utilityVolumes: [{ name: 'u', claimName: 'data' }] }, claim],
  'volumes.containerPath': [volume({ containerPath: { path: '/data' } }), /is a containerPath, which cannot be attached here/],
  'volumes.downwardAPI.fields.resourceFieldRef': [
    volume({ downwardAPI: { fields: [ofContainer] } }),
    /limits.cpu of a container/,
  ],
  'volumes.downwardMetrics': [volume({ downwardMetrics: {} }), /DownwardMetrics feature gate is not enabled/],
  'volumes.hostDisk.capacity': [hostDisk, /HostDisk feature gate is not enabled/],
  'volumes.hostDisk.path': [hostDisk, /HostDisk feature gate is not enabled/],
  'volumes.hostDisk.type': [hostDisk, /HostDisk feature gate is not enabled/],
  'volumes.memoryDump': [volume({ memoryDump: { claimName: 'data' } }), /is a memoryDump, which cannot be attached here/],
  'volumes.serviceAccount': [volume({ serviceAccount: { serviceAccountName: 'robot' } }), /serviceaccount "robot" not found/],
}

const machineUses: Readonly<Record<string, [Partial<VirtualMachine['spec']>, Partial<Spec>, RegExp]>> = {
  dataVolumeTemplates: [
    { dataVolumeTemplates: [{ metadata: { name: 'data' }, spec: { source: { blank: {} }, storage: {} } }] },
    volume({ dataVolume: { name: 'data' } }),
    claim,
  ],
}

const unhad = (fates: Fates): [string, Fate][] =>
  Object.entries(fates).filter(([, fate]) => fate === 'refused' || fate === 'reported')

describe('VI70 a field that cannot be had', () => {
  let platform: Platform
  beforeAll(async () => {
    platform = await openPlatform()
  })
  afterAll(() => {
    platform.plane.kill()
    platform.host.close()
  })

  const instances = () => platform.plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const keyFor = (field: string) => ({ namespace: 'default', name: field.toLowerCase() })
  const specOf = ({ domain, ...rest }: Partial<Spec>): Spec => ({
    domain: { memory: { guest: '64Mi' }, devices: {}, ...domain },
    ...rest,
  })

  /** How it was taken, and what is said of it. */
  async function outcomeOf(field: string, creation: Promise<unknown>): Promise<[Fate, string]> {
    try {
      await creation
    } catch (error) {
      if (error instanceof StatusError && error.code === 422) return ['refused', error.message]
      throw error
    }
    await pass(platform, 1_000)
    const { status } = await instances().get(keyFor(field))
    const failing = status?.conditions?.find(({ status: is, type }) => is === 'False' && type !== 'Ready')
    return [status?.phase === 'Scheduling' ? 'reported' : 'carried out', failing?.message ?? '']
  }

  it('has an example here, and no other has', () => {
    expect(Object.keys(uses).toSorted()).toEqual(
      unhad(instanceSpecFields)
        .map(([field]) => field)
        .toSorted(),
    )
    expect(Object.keys(machineUses).toSorted()).toEqual(
      unhad(machineSpecFields)
        .map(([field]) => field)
        .toSorted(),
    )
  })

  it.each(unhad(instanceSpecFields))('%s is %s', async (field, fate) => {
    const [spec, message] = uses[field] ?? [{}, /./]
    const kind = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance' }
    const creation = instances().create({ ...kind, metadata: keyFor(field), spec: specOf(spec) })
    expect(await outcomeOf(field, creation)).toEqual([fate, expect.stringMatching(message)])
  })

  it.each(unhad(machineSpecFields))('%s of a virtual machine is %s', async (field, fate) => {
    const [machine, template, message] = machineUses[field] ?? [{}, {}, /./]
    const creation = platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition).create({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: keyFor(field),
      spec: { runStrategy: 'Always', template: { spec: specOf(template) }, ...machine },
    })
    expect(await outcomeOf(field, creation)).toEqual([fate, expect.stringMatching(message)])
  })
})
