// docs/spec/instancetype.md: what a preference makes of a template.

import { describe, expect, it } from 'vitest'
import type { VirtualMachineInstanceSpec } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import { expanded, instancetypeOf, preferredDomain, templateOf } from './samples.fixture.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

type Domain = VirtualMachineInstanceSpec['domain']
type DomainCase = [what: string, preference: PreferenceSpec, own: Partial<Domain>, expected: Partial<Domain>]

describe('IT24 what the template leaves out is filled in:', () => {
  it.each<DomainCase>([
    ['a machine type', { machine: { preferredMachineType: 'pc-q35-9.2' } }, {}, { machine: { type: 'pc-q35-9.2' } }],
    [
      'a clock and its timers',
      { clock: { preferredClockOffset: { timezone: 'Europe/Vienna' }, preferredTimer: { hpet: { present: false } } } },
      {},
      { clock: { timezone: 'Europe/Vienna', timer: { hpet: { present: false } } } },
    ],
    [
      'CPU features, beside those that there are',
      { cpu: { preferredCPUFeatures: [{ name: 'vmx' }, { name: 'avx', policy: 'disable' }] } },
      { cpu: { features: [{ name: 'avx' }] } },
      { cpu: { features: [{ name: 'avx' }, { name: 'vmx' }] } },
    ],
    [
      'features',
      {
        features: {
          preferredAcpi: { enabled: false },
          preferredApic: {},
          preferredKvm: { hidden: true },
          preferredPvspinlock: {},
          preferredSmm: {},
          preferredHyperv: { relaxed: {}, spinlocks: { spinlocks: 8191 } },
        },
      },
      { features: { hyperv: { spinlocks: { spinlocks: 4096 } } } },
      {
        features: {
          acpi: { enabled: false },
          apic: {},
          kvm: { hidden: true },
          pvspinlock: {},
          smm: {},
          hyperv: { relaxed: {}, spinlocks: { spinlocks: 4096 } },
        },
      },
    ],
    [
      'EFI',
      { firmware: { preferredEfi: { secureBoot: true } } },
      {},
      { firmware: { bootloader: { efi: { secureBoot: true } } } },
    ],
    [
      'EFI, as it was said before',
      { firmware: { preferredUseEfi: true, preferredUseSecureBoot: true } },
      { firmware: { uuid: 'own' } },
      { firmware: { uuid: 'own', bootloader: { efi: { secureBoot: true } } } },
    ],
    [
      'EFI as it is said now, when both are',
      { firmware: { preferredEfi: {}, preferredUseEfi: true, preferredUseSecureBoot: true } },
      {},
      { firmware: { bootloader: { efi: {} } } },
    ],
    [
      'a BIOS on the serial line',
      { firmware: { preferredUseBios: true, preferredUseBiosSerial: true } },
      {},
      { firmware: { bootloader: { bios: { useSerial: true } } } },
    ],
    ['launch security', { preferredLaunchSecurity: { snp: {} } }, {}, { launchSecurity: { snp: {} } }],
  ])('%s', (_, preference, own, expected) => {
    expect(preferredDomain(preference, own)).toMatchObject(expected)
  })

  it.each<[string, NonNullable<PreferenceSpec['devices']>, Domain['devices'], Domain['devices']]>([
    [
      'what is attached unasked',
      {
        preferredAutoattachGraphicsDevice: false,
        preferredAutoattachMemBalloon: false,
        preferredAutoattachPodInterface: false,
        preferredAutoattachSerialConsole: false,
      },
      { autoattachMemBalloon: true },
      {
        autoattachGraphicsDevice: false,
        autoattachMemBalloon: true,
        autoattachPodInterface: false,
        autoattachSerialConsole: false,
      },
    ],
    [
      'an input device',
      { preferredAutoattachInputDevice: true, preferredInputBus: 'virtio', preferredInputType: 'tablet' },
      {},
      { inputs: [{ name: 'default-0', bus: 'virtio', type: 'tablet' }] },
    ],
    [
      'switches',
      {
        preferredBlockMultiQueue: true,
        preferredNetworkInterfaceMultiQueue: true,
        preferredDisableHotplug: true,
        preferredUseVirtioTransitional: true,
      },
      {},
      { blockMultiQueue: true, networkInterfaceMultiqueue: true, disableHotplug: true, useVirtioTransitional: true },
    ],
    [
      'an rng, a TPM and a video card',
      { preferredRng: {}, preferredTPM: { persistent: true }, preferredVideoType: 'virtio' },
      {},
      { rng: {}, tpm: { persistent: true }, video: { type: 'virtio' } },
    ],
    [
      'the model of a sound card',
      { preferredSoundModel: 'ich9' },
      { sound: { name: 'sound' } },
      { sound: { name: 'sound', model: 'ich9' } },
    ],
    ['a panic device', { preferredPanicDeviceModel: 'isa' }, {}, { panicDevices: [{ model: 'isa' }] }],
    [
      'the bus, cache, io and block size of a disk',
      {
        preferredDiskBus: 'virtio',
        preferredDiskCache: 'none',
        preferredDiskIO: 'native',
        preferredDiskBlockSize: { custom: { logical: 512, physical: 4096 } },
        preferredDiskDedicatedIoThread: true,
        preferredCdromBus: 'scsi',
        preferredLunBus: 'scsi',
      },
      {
        disks: [
          { name: 'bare' },
          { name: 'own', disk: { bus: 'sata' }, cache: 'writeback' },
          { name: 'cd', cdrom: {} },
          { name: 'lun', lun: {} },
        ],
      },
      {
        disks: [
          {
            name: 'bare',
            disk: { bus: 'virtio' },
            cache: 'none',
            io: 'native',
            blockSize: { custom: { logical: 512, physical: 4096 } },
            dedicatedIOThread: true,
          },
          {
            name: 'own',
            disk: { bus: 'sata' },
            cache: 'writeback',
            io: 'native',
            blockSize: { custom: { logical: 512, physical: 4096 } },
          },
          { name: 'cd', cdrom: { bus: 'scsi' } },
          { name: 'lun', lun: { bus: 'scsi' } },
        ],
      },
    ],
  ])('of devices, %s', (_, devices, own, expected) => {
    expect(preferredDomain({ devices }, { devices: own }).devices).toMatchObject(expected)
  })

  it('of interfaces, the model, and masquerade on the pod network', () => {
    const devices = { preferredInterfaceModel: 'e1000', preferredInterfaceMasquerade: {} }
    const interfaces = [{ name: 'pod' }, { name: 'other' }, { name: 'bound', bridge: {}, model: 'virtio' }]
    const networks = [
      { name: 'pod', pod: {} },
      { name: 'other', multus: { networkName: 'x' } },
      { name: 'bound', pod: {} },
    ]
    const template = templateOf({ devices: { interfaces } }, { networks })
    expect(expanded(template, { preference: { devices } }).spec.domain.devices.interfaces).toEqual([
      { name: 'pod', model: 'e1000', masquerade: {} },
      { name: 'other', model: 'e1000' },
      { name: 'bound', model: 'virtio', bridge: {} },
    ])
  })

  it('of the machine around it, the subdomain, the patience at its end, the architecture and annotations', () => {
    const preference = {
      preferredSubdomain: 'farm',
      preferredTerminationGracePeriodSeconds: 180,
      preferredArchitecture: 'arm64',
      annotations: { os: 'linux', own: 'theirs' },
    }
    const template = { ...templateOf(), metadata: { annotations: { own: 'mine' } } }
    const { spec, metadata } = expanded(template, { preference })
    expect(spec).toMatchObject({ subdomain: 'farm', terminationGracePeriodSeconds: 180, architecture: 'arm64' })
    expect(metadata?.annotations).toEqual({ os: 'linux', own: 'mine' })
  })

  it('also for disks and interfaces that nobody described', () => {
    const preference = { devices: { preferredDiskBus: 'virtio', preferredInterfaceModel: 'virtio' } }
    const template = templateOf({}, { volumes: [{ name: 'root', containerDisk: { image: 'x' } }] })
    expect(expanded(template, { preference }).spec.domain.devices).toMatchObject({
      disks: [{ name: 'root', disk: { bus: 'virtio' } }],
      interfaces: [{ name: 'default', model: 'virtio' }],
    })
  })
})

describe('IT25 a preference gives way to the template:', () => {
  it.each<DomainCase>([
    ['a machine type', { machine: { preferredMachineType: 'pc' } }, { machine: { type: 'q35' } }, { machine: { type: 'q35' } }],
    [
      'the offset of a clock, as a whole',
      { clock: { preferredClockOffset: { timezone: 'Europe/Vienna' } } },
      { clock: { utc: {} } },
      { clock: { utc: {} } },
    ],
    [
      'a bootloader',
      { firmware: { preferredEfi: { secureBoot: true } } },
      { firmware: { bootloader: { bios: {} } } },
      { firmware: { bootloader: { bios: {} } } },
    ],
    [
      'acpi and hotplug, also when they are off',
      { features: { preferredAcpi: { enabled: true } }, devices: { preferredDisableHotplug: true } },
      { features: { acpi: { enabled: false } }, devices: { disableHotplug: false } },
      { features: { acpi: { enabled: false } }, devices: { disableHotplug: false } },
    ],
    [
      'launch security',
      { preferredLaunchSecurity: { snp: {} } },
      { launchSecurity: { sev: {} } },
      { launchSecurity: { sev: {} } },
    ],
  ])('%s', (_, preference, own, expected) => {
    const { devices, ...domain } = preferredDomain(preference, own)
    const { devices: ownDevices, ...others } = expected
    expect(domain).toEqual(others)
    expect(devices).toMatchObject(ownDevices ?? {})
  })

  it('the size is the instance type’s, the taste the preference’s', () => {
    const preference = { cpu: { preferredCPUTopology: 'cores' }, preferredLaunchSecurity: { snp: {} } }
    const instancetype = instancetypeOf(2, { launchSecurity: { sev: {} } })
    expect(expanded(templateOf(), { instancetype, preference }).spec.domain).toMatchObject({
      cpu: { sockets: 1, cores: 2, threads: 1 },
      launchSecurity: { sev: {} },
    })
  })
})
