import { describe, expect, it } from 'vitest'
import { defaultAdmissionPolicy } from './admission-policy.ts'
import { validateVirtualMachine } from './validate-virtual-machine.ts'
import type { VirtualMachine, VirtualMachineSpec } from './virtual-machine.ts'
import type { VirtualMachineInstanceSpec } from './virtual-machine-instance-spec.ts'

const plain: VirtualMachineInstanceSpec = { domain: { devices: {}, memory: { guest: '1Gi' } } }

const machine = (spec: Partial<VirtualMachineSpec>): VirtualMachine => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name: 'vm', namespace: 'n' },
  spec: { template: { spec: plain }, ...spec },
})
const halted = (spec: VirtualMachineInstanceSpec): VirtualMachine => machine({ runStrategy: 'Halted', template: { spec } })
const errors = (object: VirtualMachine) => validateVirtualMachine(object).map(({ field, message }) => `${field} · ${message}`)

describe('a VirtualMachine', () => {
  it.each([
    [
      { running: true, runStrategy: 'Always' },
      'spec.running · Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead',
    ],
    [{}, 'spec.running · RunStrategy must be specified'],
    [{ runStrategy: 'Sometimes' }, 'spec.runStrategy · Invalid RunStrategy (Sometimes)'],
    [
      { runStrategy: 'WaitAsReceiver' },
      'spec.runStrategy · Invalid RunStrategy (WaitAsReceiver), DecentralizedLiveMigration feature gate is not enabled in kubevirt resource',
    ],
  ])('with %j is refused', (state, expected) => {
    expect(errors(machine(state))).toEqual([expected])
  })

  it.each([{ running: false }, { runStrategy: 'RerunOnFailure' }])('with %j is admitted', (state) => {
    expect(errors(machine(state))).toEqual([])
  })

  it('WaitAsReceiver is admitted where machines migrate in from elsewhere', () => {
    const policy = { ...defaultAdmissionPolicy, featureGates: ['DecentralizedLiveMigration'] }
    expect(validateVirtualMachine(machine({ runStrategy: 'WaitAsReceiver' }), policy)).toEqual([])
  })

  it('has a template', () => {
    const { template: _, ...spec } = machine({ runStrategy: 'Always' }).spec
    expect(errors({ ...machine({}), spec: spec as VirtualMachineSpec })).toEqual([
      'spec.template · missing virtual machine template.',
    ])
  })

  it('being deleted, is let through whatever it says', () => {
    const object = machine({})
    object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
    expect(errors(object)).toEqual([])
  })

  it('without memory is admitted, and with a volume that no disk shows', () => {
    expect(errors(halted({ domain: { devices: {} }, volumes: [{ name: 'x', emptyDisk: { capacity: '1Gi' } }] }))).toEqual([])
  })

  it('names faults of its template by their place in it', () => {
    expect(errors(halted({ domain: { devices: { disks: [{ name: 'x' }] } } }))).toEqual([
      `spec.template.spec.domain.devices.disks[0].name · spec.template.spec.domain.devices.disks[0].Name 'x' not found.`,
    ])
  })

  it('may keep a discontinued binding, but not be made with one; the path is KubeVirt’s own', () => {
    const object = halted({
      domain: { devices: { interfaces: [{ name: 'n', bridge: {}, slirp: {} }] } },
      networks: [{ name: 'n', pod: {} }],
    })
    expect(errors(object)).toEqual([
      'spec.domain.devices.interfaces[0].slirp · Slirp interface support has been discontinued since v1.3',
    ])
    expect(validateVirtualMachine(object, defaultAdmissionPolicy, { isNew: false })).toEqual([])
  })

  it('has no more sockets than it may ever have', () => {
    expect(errors(halted({ domain: { devices: {}, cpu: { sockets: 4, maxSockets: 2 } } }))).toEqual([
      'spec.template.spec.domain.cpu.sockets · Number of sockets in CPU topology is greater than the maximum sockets allowed',
    ])
  })

  it.each([
    [{ spec: {} }, `'name' field must not be empty for DataVolumeTemplate entry spec.dataVolumeTemplate[0].name.`],
    [{ metadata: { name: 'd' }, spec: {} }, 'Missing Data volume PVC or Storage'],
    [
      { metadata: { name: 'd' }, spec: { pvc: {}, storage: {} } },
      'Duplicate storage definition, both target storage and target pvc defined',
    ],
    [
      { metadata: { name: 'd' }, spec: { pvc: {} } },
      'Data volume should have either Source, SourceRef, or be externally populated',
    ],
    [{ metadata: { name: 'd' }, spec: { pvc: {}, source: { blank: {}, upload: {} } } }, 'Multiple dataVolume sources'],
    [
      { metadata: { name: 'd' }, spec: { pvc: {}, source: { blank: {} } } },
      `DataVolumeTemplate entry spec.dataVolumeTemplate[0] must be referenced in the VMI template's 'volumes' list`,
    ],
  ])('with the disk template %j is refused', (entry, message) => {
    expect(
      validateVirtualMachine(machine({ runStrategy: 'Halted', dataVolumeTemplates: [entry] })).map((error) => error.message),
    ).toEqual([message])
  })

  it('leaves what it was asked about as it was', () => {
    const object = halted(plain)
    const before = structuredClone(object)
    validateVirtualMachine(object)
    expect(object).toEqual(before)
  })
})
