import { describe, expect, it } from 'vitest'
import { findingsOf, machine, type RuleTable, withDisk, withMemory } from './sample-machines.ts'

const table: RuleTable = [
  [
    'a request under a megabyte',
    withMemory('64k'),
    `Invalid · spec.domain.resources.requests.memory · spec.domain.resources.requests.memory '64k': must be greater than or equal to 1M.`,
  ],
  [
    'a negative request',
    withMemory('-1Gi'),
    `Invalid · spec.domain.resources.requests.memory · spec.domain.resources.requests.memory '-1Gi': must be greater than or equal to 0.`,
  ],
  [
    'a request over its limit',
    withMemory('2Gi', '1Gi'),
    `Invalid · spec.domain.resources.requests.memory · spec.domain.resources.requests.memory '2Gi' is greater than spec.domain.resources.limits.memory '1Gi'`,
  ],
  [
    'a CPU request over its limit',
    machine({ domain: { resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } } }),
    `Invalid · spec.domain.resources.requests.cpu · spec.domain.resources.requests.cpu '2' is greater than spec.domain.resources.limits.cpu '1500m'`,
  ],
  [
    'guest memory over the limit',
    machine({ domain: { memory: { guest: '2Gi' }, resources: { limits: { memory: '1Gi' } } } }),
    `Invalid · spec.domain.memory.guest · spec.domain.memory.guest '2Gi' must be equal to or less than the memory limit spec.domain.resources.limits.memory '1Gi'`,
  ],
  [
    'a page size that is none',
    machine({ domain: { memory: { guest: '1Gi', hugepages: { pageSize: '2Mib' } } } }),
    `Invalid · spec.domain.memory.hugepages.pageSize · spec.domain.memory.hugepages.pageSize '2Mib': quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  ],
  [
    'memory that is no multiple of the page size',
    machine({ domain: { memory: { hugepages: { pageSize: '2Mi' } }, resources: { requests: { memory: '3Mi' } } } }),
    `Invalid · spec.domain.resources.requests.memory · spec.domain.resources.requests.memory '3Mi' is not a multiple of the page size spec.domain.memory.hugepages.pageSize '2Mi'`,
  ],
  [
    'memory smaller than a page',
    machine({ domain: { memory: { hugepages: { pageSize: '1Gi' } }, resources: { requests: { memory: '64Mi' } } } }),
    `Invalid · spec.domain.resources.requests.memory · spec.domain.resources.requests.memory '64Mi' must be equal to or larger than page size spec.domain.memory.hugepages.pageSize '1Gi'`,
  ],
  [
    'a machine type of another time',
    machine({ domain: { machine: { type: 'pc' } } }),
    `Invalid · spec.domain.machine.type · spec.domain.machine.type is not supported: pc (allowed values: [q35* pc-q35*])`,
  ],
  [
    'BIOS and EFI',
    machine({ domain: { firmware: { bootloader: { bios: {}, efi: { secureBoot: false } } } } }),
    `Invalid · spec.domain.firmware.bootloader · spec.domain.firmware.bootloader has both EFI and BIOS configured, but they are mutually exclusive.`,
  ],
  [
    'secure boot without SMM',
    machine({ domain: { firmware: { bootloader: { efi: {} } } } }),
    `Invalid · spec.domain · spec.domain has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled.`,
  ],
  [
    'kernel arguments without kernel',
    machine({ domain: { firmware: { kernelBoot: { kernelArgs: 'quiet' } } } }),
    `Invalid · spec.domain.firmware.kernelBoot.kernelArgs · kernel arguments cannot be provided without an external kernel`,
  ],
  [
    'a probe that asks nothing',
    machine({ readinessProbe: {} }),
    `Required · spec.readinessProbe · either spec.readinessProbe.tcpSocket, spec.readinessProbe.exec or spec.readinessProbe.httpGet must be set if a spec.readinessProbe is specified`,
  ],
  [
    'a probe that asks twice',
    machine({ livenessProbe: { exec: { command: ['a'] }, guestAgentPing: {} } }),
    `Invalid · spec.livenessProbe · spec.livenessProbe must have exactly one probe type set`,
  ],
  [
    'a probe over no network',
    machine({ readinessProbe: { httpGet: { port: 80 } } }),
    `Invalid · spec.readinessProbe.httpGet · spec.readinessProbe.httpGet is only allowed if the Pod Network is attached`,
  ],
  [
    'an eviction strategy nobody knows',
    machine({ evictionStrategy: 'Never' }),
    `Invalid · spec.evictionStrategy · spec.evictionStrategy is set with an unrecognized option: Never`,
  ],
  [
    'a start strategy nobody knows',
    machine({ startStrategy: 'Later' }),
    `Invalid · spec.startStrategy · spec.startStrategy is set with an unrecognized option: Later`,
  ],
  [
    'paused, and probed for life',
    machine({ startStrategy: 'Paused', livenessProbe: { guestAgentPing: {} } }),
    `Invalid · spec.startStrategy · either spec.startStrategy or spec.livenessProbe should be provided.Pausing VMI with LivenessProbe is not supported`,
  ],
  [
    'an input device on PS/2',
    machine({ domain: { devices: { inputs: [{ name: 'i', type: 'tablet', bus: 'ps2' }] } } }),
    `Invalid · spec.domain.devices.inputs[0].bus · Input device can have only virtio or usb bus.`,
  ],
  [
    'a mouse',
    machine({ domain: { devices: { inputs: [{ name: 'i', type: 'mouse' }] } } }),
    `Invalid · spec.domain.devices.inputs[0].type · Input device can have only tablet type.`,
  ],
  [
    'an emulator thread alone',
    machine({ domain: { cpu: { isolateEmulatorThread: true } } }),
    `Invalid · spec.domain.cpu.isolateEmulatorThread · IsolateEmulatorThread should be only set in combination with DedicatedCPUPlacement`,
  ],
  [
    'an IO thread policy nobody knows',
    machine({ domain: { ioThreadsPolicy: 'many' } }),
    `Invalid · spec.domain.ioThreadsPolicy · Invalid IOThreadsPolicy (many)`,
  ],
  [
    'host devices',
    machine({ domain: { devices: { hostDevices: [] } } }),
    `Invalid · spec.HostDevices · Host Devices feature gate is not enabled in kubevirt-config`,
  ],
  [
    'a host name with a dot',
    machine({ hostname: 'a.b' }),
    `Invalid · spec.hostname · spec.hostname does not conform to the kubernetes DNS_LABEL rules : a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
  ],
  [
    'no DNS at all',
    machine({ dnsPolicy: 'None' }),
    'Required · spec.dnsConfig · must provide `dnsConfig` when `dnsPolicy` is None',
  ],
  [
    'a CPU feature policy nobody knows',
    machine({ domain: { cpu: { features: [{ name: 'vmx', policy: 'maybe' }] } } }),
    `NotSupported · spec.domain.cpu.features[0].policy · CPU feature vmx uses policy maybe that is not supported.`,
  ],
  [
    'credentials of no type',
    machine({ accessCredentials: [{}] }),
    `Invalid · spec.accessCredentials[0] · spec.accessCredentials[0] must have exactly one access credential type set`,
  ],
  [
    'an SSH key for a disk that is not there',
    machine({
      accessCredentials: [{ sshPublicKey: { source: { secret: { secretName: 's' } }, propagationMethod: { noCloud: {} } } }],
    }),
    `Invalid · spec.accessCredentials[0].sshPublicKey.propagationMethod · spec.accessCredentials[0] requires a noCloud volume to exist when the noCloud propagationMethod is in use.`,
  ],
  [
    'a reboot policy',
    machine({ domain: { rebootPolicy: 'Terminate' } }),
    `Invalid · spec.domain.rebootPolicy · RebootPolicy is specified but the RebootPolicy feature gate is not enabled`,
  ],
  [
    'a PCI address for a sata disk',
    withDisk({ disk: { bus: 'sata', pciAddress: '0000:00:08.0' } }),
    `Invalid · spec.domain.devices.disks.domain.devices.disks.disk[0].pciAddress · disk spec.domain.devices.disks.domain.devices.disks.disk[0].name - setting a PCI address is only possible with bus type virtio.`,
  ],
  [
    'a serial number with a blank',
    machine({ domain: { firmware: { serial: 'a b' } } }),
    `Invalid · spec.domain.firmware.serial · spec.domain.firmware.serial must be made up of the following characters [A-Za-z0-9_.+-], if specified`,
  ],
  [
    'three threads of its own',
    machine({ domain: { cpu: { dedicatedCpuPlacement: true, cores: 1, threads: 3 } } }),
    `Invalid · spec.domain.cpu.dedicatedCpuPlacement · Not more than two threads must be provided at spec.domain.cpu.threads (got 3) when DedicatedCPUPlacement is true`,
  ],
  [
    'CPUs of its own in halves',
    machine({ domain: { cpu: { dedicatedCpuPlacement: true }, resources: { requests: { cpu: '1500m' } } } }),
    `Invalid · spec.domain.resources.requests.cpu · provided resources CPU requests must be an interger`,
  ],
  [
    'NUMA nodes without huge pages',
    machine({ domain: { cpu: { dedicatedCpuPlacement: true, cores: 1, numa: { guestMappingPassthrough: {} } } } }),
    `Invalid · spec.domain.cpu.numa.guestMappingPassthrough · spec.domain.memory.hugepages must be requested when NUMA topology strategy is set in spec.domain.cpu.numa.guestMappingPassthrough`,
  ],
  [
    'VSOCK',
    machine({ domain: { devices: { autoattachVSOCK: true } } }),
    `Invalid · spec.domain.devices.autoattachVSOCK · VSOCK feature gate is not enabled in kubevirt-config`,
  ],
  [
    'downward metrics',
    machine({ domain: { devices: { downwardMetrics: {} } } }),
    `Invalid · spec.domain.devices.downwardMetrics · downwardMetrics virtio serial is not allowed: DownwardMetrics feature gate is not enabled`,
  ],
  [
    'video without graphics',
    machine({ domain: { devices: { video: { type: 'vga' }, autoattachGraphicsDevice: false } } }),
    `Invalid · spec.video · Video configuration is not allowed when autoattachGraphicsDevice is set to false`,
  ],
  [
    'a panic device nobody knows',
    machine({ domain: { devices: { panicDevices: [{ model: 's390' }] } } }),
    `Invalid · spec.domain.devices.panicDevices[0].model · invalid PanicDeviceModel(s390)`,
  ],
  [
    'encrypted memory',
    machine({ domain: { launchSecurity: { sev: {} } } }),
    `Invalid · spec.launchSecurity · WorkloadEncryptionSEV feature gate is not enabled in kubevirt-config`,
  ],
  [
    'encrypted memory of two kinds',
    machine({ domain: { launchSecurity: { sev: {}, tdx: {} } } }),
    `Forbidden · spec.launchSecurity · One and only one launchSecurity type can be set`,
  ],
]

describe('a machine’s other parts', () => {
  it.each(table)('%s is refused in KubeVirt’s words', (_, spec, expected) => {
    expect(findingsOf(spec)).toEqual([expected])
  })
})
