import { describe, expect, it } from 'vitest'
import { defaultAdmissionPolicy } from './admission-policy.ts'
import { defaultVirtualMachineInstance } from './default-virtual-machine-instance.ts'
import { validateVirtualMachineInstance } from './validate-virtual-machine-instance-spec.ts'
import type { VirtualMachineInstanceSpec } from './virtual-machine-instance-spec.ts'

const instance = (spec: VirtualMachineInstanceSpec) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name: 'vm' },
  spec,
})
const defaulted = (spec: VirtualMachineInstanceSpec, policy = defaultAdmissionPolicy) =>
  defaultVirtualMachineInstance(instance(spec), 'u-u-i-d', policy)

describe('an instance’s defaults', () => {
  it('make a whole machine of a few words', () => {
    const given: VirtualMachineInstanceSpec = {
      domain: { devices: {}, resources: { requests: { memory: '64Mi' } } },
      volumes: [{ name: 'root', containerDisk: { image: 'cirros' } }],
    }
    const { spec, status } = defaulted(given)
    expect(spec).toEqual({
      architecture: 'amd64',
      domain: {
        cpu: { cores: 1, model: 'host-model', sockets: 1, threads: 1 },
        devices: { disks: [{ name: 'root', disk: { bus: 'sata' } }], interfaces: [{ name: 'default', bridge: {} }] },
        features: { acpi: { enabled: true } },
        firmware: { uuid: 'u-u-i-d' },
        machine: { type: 'q35' },
        memory: { guest: '64Mi' },
        resources: { requests: { memory: '64Mi' } },
      },
      networks: [{ name: 'default', pod: {} }],
      volumes: [{ name: 'root', containerDisk: { image: 'cirros', imagePullPolicy: 'Always' } }],
    })
    expect(status).toEqual({
      phase: 'Pending',
      runtimeUser: 107,
      currentCPUTopology: { cores: 1, sockets: 1, threads: 1 },
      memory: { guestAtBoot: '64Mi', guestCurrent: '64Mi', guestRequested: '64Mi' },
    })
    expect(validateVirtualMachineInstance(instance(spec))).toEqual([])
  })

  it('filled in twice are the same as once, and the given object stays as it was', () => {
    const given: VirtualMachineInstanceSpec = { domain: { devices: { disks: [{ name: 'cd', cdrom: {} }] } } }
    const before = structuredClone(given)
    const once = defaulted(given)
    expect(defaulted(once.spec).spec).toEqual(once.spec)
    expect(given).toEqual(before)
    expect(once.spec.domain.devices.disks?.[0]?.cdrom).toEqual({ bus: 'sata', readonly: true, tray: 'closed' })
  })

  it('a CPU limit becomes a request, and as many sockets', () => {
    const { domain } = defaulted({ domain: { devices: {}, resources: { limits: { cpu: '2500m' } } } }).spec
    expect(domain.resources?.requests).toEqual({ cpu: '2500m' })
    expect(domain.cpu).toMatchObject({ sockets: 3, cores: 1, threads: 1 })
  })

  it('a topology that was begun stays as it is', () => {
    const { cpu } = defaulted({ domain: { devices: {}, cpu: { cores: 2 } } }).spec.domain
    expect(cpu).toEqual({ cores: 2, model: 'host-model' })
  })

  it('a machine that wants no network gets none', () => {
    const { spec } = defaulted({ domain: { devices: { autoattachPodInterface: false } } })
    expect(spec.networks).toBeUndefined()
    expect(spec.domain.devices.interfaces).toBeUndefined()
  })

  it('on arm64 boots by EFI, without secure boot, from virtio disks', () => {
    const { spec } = defaulted(
      { domain: { devices: { disks: [{ name: 'd' }] } } },
      { ...defaultAdmissionPolicy, architecture: 'arm64' },
    )
    expect(spec.domain.machine?.type).toBe('virt')
    expect(spec.domain.cpu?.model).toBe('host-passthrough')
    expect(spec.domain.firmware?.bootloader).toEqual({ efi: { secureBoot: false } })
    expect(spec.domain.devices.disks?.[0]?.disk?.bus).toBe('virtio')
  })

  it('what a Windows feature needs is switched on with it, unless it was switched off', () => {
    const hyperv = (given: object) =>
      defaulted({ domain: { devices: {}, features: { acpi: {}, hyperv: given } } }).spec.domain.features?.hyperv
    expect(hyperv({ synictimer: {} })).toEqual({ synictimer: {}, synic: { enabled: true }, vpindex: { enabled: true } })
    expect(hyperv({ synic: { enabled: true }, vpindex: { enabled: false } })?.vpindex).toEqual({ enabled: false })
    expect(hyperv({ spinlocks: {} })?.spinlocks).toEqual({ spinlocks: 4096 })
  })

  it('probes get Kubernetes’ usual times', () => {
    expect(
      defaulted({ domain: { devices: {} }, readinessProbe: { guestAgentPing: {}, periodSeconds: 5 } }).spec.readinessProbe,
    ).toEqual({
      guestAgentPing: {},
      timeoutSeconds: 1,
      periodSeconds: 5,
      successThreshold: 1,
      failureThreshold: 3,
    })
  })
})
