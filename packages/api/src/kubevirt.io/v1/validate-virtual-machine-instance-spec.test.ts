import { describe, expect, it } from 'vitest'
import { defaultAdmissionPolicy } from './admission-policy.ts'
import { validateVirtualMachineInstance, validateVirtualMachineInstanceSpec } from './validate-virtual-machine-instance-spec.ts'
import { findingsOf, findingText, machine, withInterface, withMemory, withVolume } from './validation/sample-machines.ts'
import type { VirtualMachineInstanceSpec } from './virtual-machine-instance-spec.ts'

const interfaces = 'spec.domain.devices.interfaces'
const volume = 'spec.volumes[0]'

describe('a machine’s spec', () => {
  it('what is usual is admitted', () => {
    const spec = machine({
      domain: {
        machine: { type: 'pc-q35-8.2' },
        cpu: { cores: 2, features: [{ name: 'vmx' }] },
        devices: {
          disks: [{ name: 'root', disk: { bus: 'virtio' }, bootOrder: 1 }, { name: 'seed' }],
          interfaces: [{ name: 'default', masquerade: {}, macAddress: '02-11-22-33-44-55', ports: [{ name: 'ssh', port: 22 }] }],
        },
        firmware: { bootloader: { efi: {} } },
        features: { smm: {} },
      },
      networks: [{ name: 'default', pod: {} }],
      readinessProbe: { tcpSocket: { port: 'ssh' } },
      volumes: [
        { name: 'root', containerDisk: { image: 'i', path: '/disk/root.qcow2' } },
        { name: 'seed', cloudInitNoCloud: { userData: '#cloud-config', networkDataSecretRef: { name: 's' } } },
      ],
    })
    expect(findingsOf(spec)).toEqual([])
  })

  it('the path stands wherever the spec stands', () => {
    const [error] = validateVirtualMachineInstanceSpec('spec.template.spec', withMemory('64k'))
    expect(error?.message).toMatch(/^spec\.template\.spec\.domain\.resources/)
  })

  it('a feature gate opens what it guards', () => {
    const policy = { ...defaultAdmissionPolicy, featureGates: ['HostDisk'] }
    const spec = withVolume({ hostDisk: { path: '', type: 'Floppy', capacity: '1Gi' } })
    expect(validateVirtualMachineInstanceSpec('spec', spec, policy).map(findingText)).toEqual([
      `NotFound · ${volume}.hostDisk.path · ${volume}.hostDisk.path is required for hostDisk volume`,
      `Invalid · ${volume}.hostDisk.type · ${volume}.hostDisk.type has invalid value 'Floppy', allowed are 'Disk' or 'DiskOrCreate'`,
    ])
  })

  it('where bridging is not allowed, the pod network is not bridged', () => {
    const policy = { ...defaultAdmissionPolicy, bridgeOnPodNetwork: false }
    expect(validateVirtualMachineInstanceSpec('spec', withInterface({ bridge: {} }), policy).map(findingText)).toEqual([
      `Invalid · ${interfaces}[0].name · Bridge on pod network configuration is not enabled under kubevirt-config`,
    ])
  })
})

describe('an instance', () => {
  const instance = (spec: VirtualMachineInstanceSpec, labels: Record<string, string> = {}) => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: 'vm', labels },
    spec,
  })
  const errors = (spec: VirtualMachineInstanceSpec, labels?: Record<string, string>) =>
    validateVirtualMachineInstance(instance(spec, labels)).map(findingText)

  it('needs memory', () => {
    expect(errors({ domain: { devices: {} } })).toEqual([
      `Required ·  · no memory requested, at least one of 'spec.domain.memory.guest', 'spec.domain.memory.hugepages.pageSize' or 'spec.domain.resources.requests.memory' must be set`,
    ])
  })

  it('shows each of its volumes', () => {
    expect(errors(machine({ volumes: [{ name: 'x', emptyDisk: { capacity: '1Gi' } }] }))).toEqual([
      `Invalid · spec.domain.volumes[0].name · spec.domain.volumes[0].name 'x' not found.`,
    ])
  })

  it.each([
    ['slirp', 'Slirp interface support has been discontinued since v1.3'],
    ['macvtap', 'Macvtap network binding has been discontinued since v1.3'],
    ['passt', 'Passt network binding has been discontinued since v1.3'],
  ])('has no %s', (binding, message) => {
    expect(errors(withInterface({ [binding]: {} }))[0]).toBe(`Invalid · ${interfaces}[0].${binding} · ${message}`)
  })

  it('bears KubeVirt’s own labels only when a controller made it', () => {
    const labels = { 'kubevirt.io/nodeName': 'n1' }
    expect(errors(machine({}), labels)).toEqual([
      'NotSupported · metadata.labels · creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited',
    ])
    const policy = { ...defaultAdmissionPolicy, writerIsController: true }
    expect(validateVirtualMachineInstance(instance(machine({}), labels), policy)).toEqual([])
  })

  it.each([
    ['hooks.kubevirt.io/hookSidecars', 'sidecar'],
    ['kubevirt.io/ignitiondata', 'ExperimentalIgnitionSupport'],
  ])('asks by annotation for nothing that there is not: %s', (annotation, words) => {
    const object = { ...instance(machine({})), metadata: { name: 'vm', annotations: { [annotation]: 'x' } } }
    expect(validateVirtualMachineInstance(object).map(findingText)).toEqual([
      `Invalid · metadata.annotations · ${words} feature gate is not enabled in kubevirt-config, invalid entry metadata.annotations.${annotation}`,
    ])
  })

  it('has an architecture that there is', () => {
    expect(errors(machine({ architecture: 'riscv64' }))).toEqual([
      'Invalid · spec.architecture · unsupported architecture: riscv64',
    ])
  })
})

describe('an instance about to run', () => {
  it.each<[string, Partial<VirtualMachineInstanceSpec['domain']>, string]>([
    [
      "another architecture's watchdog",
      { devices: { watchdog: { name: 'w', diag288: { action: 'reset' } } } },
      'NotSupported · spec.domain.devices.watchdog · amd64 only supports I6300ESB watchdog device',
    ],
    [
      'a video adapter nobody knows',
      { devices: { video: { type: 'qxl' } } },
      "NotSupported · spec.domain.devices.video.type · video model 'qxl' is not supported on amd64 architecture",
    ],
    [
      'an enlightenment without what it needs',
      { devices: {}, features: { hyperv: { synic: {}, vpindex: { enabled: false } } } },
      "Invalid · spec.domain.features.hyperv.synic · 'spec.domain.features.hyperv.synic' requires 'spec.domain.features.hyperv.vpindex', which was disabled.",
    ],
  ])('is refused with %s', (_, domain, expected) => {
    const spec = machine({ domain })
    const instance = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata: { name: 'm' }, spec }
    expect(validateVirtualMachineInstance(instance).map(findingText)).toEqual([expected])
  })
})
