import { hostPortsAnnotation, type VirtualMachineInstance } from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { launchPlanOf } from './launch-plan.ts'
import { derivedMacAddress } from './machine-interfaces.ts'
import { sampleInstance } from '../sample-instance.ts'
import type { LaunchFiles } from '../volumes/volumes.ts'

type Domain = VirtualMachineInstance['spec']['domain']

const files: LaunchFiles = {
  sources: new Map([['root', { kind: 'overlay', backingFile: '/i/disk.qcow2', backingFormat: 'qcow2' }]]),
  kernel: undefined,
}

describe('a launch plan', () => {
  it('is the same for the same instance and files', () => {
    expect(launchPlanOf(sampleInstance(), files)).toEqual(launchPlanOf(sampleInstance(), files))
  })

  it('carries what the spec says', () => {
    expect(launchPlanOf(sampleInstance(), files)).toMatchObject({
      id: sampleInstance().metadata.uid,
      name: 'default_demo',
      machine: 'q35',
      memoryBytes: 128 * 1024 * 1024,
      firmware: { kind: 'bios' },
      disks: [{ name: 'root', device: 'disk', bus: 'virtio', readOnly: false, source: { kind: 'overlay' } }],
      interfaces: [{ forwards: [{ name: 'http', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 80 }] }],
    })
  })

  it('reads a CD-ROM where it lies', () => {
    const instance = sampleInstance({ spec: { domain: { devices: { disks: [{ name: 'root', cdrom: { bus: 'scsi' } }] } } } })
    expect(launchPlanOf(instance, files).disks[0]).toMatchObject({
      device: 'cdrom',
      bus: 'scsi',
      readOnly: true,
      source: { kind: 'file', path: '/i/disk.qcow2' },
    })
  })

  it('takes UEFI with secure boot unless it is declined, as KubeVirt does', () => {
    const withEfi = (efi: object) => sampleInstance({ spec: { domain: { devices: {}, firmware: { bootloader: { efi } } } } })
    expect(launchPlanOf(withEfi({}), files).firmware).toEqual({ kind: 'uefi', secureBoot: true })
    expect(launchPlanOf(withEfi({ secureBoot: false }), files).firmware).toEqual({ kind: 'uefi', secureBoot: false })
  })

  it('VI18 gives ports the host ports that the annotation asks for', () => {
    const instance = sampleInstance({ metadata: { annotations: { [hostPortsAnnotation]: 'http=127.0.0.1:8080' } } })
    expect(launchPlanOf(instance, files).interfaces[0]?.forwards[0]?.hostPort).toBe(8080)
  })

  it('derives an address that stays and is locally administered', () => {
    expect(derivedMacAddress('default/demo/default')).toMatch(/^02(:[0-9a-f]{2}){5}$/)
    expect(derivedMacAddress('default/demo/default')).not.toBe(derivedMacAddress('default/other/default'))
  })

  const planOf = (domain: Partial<Domain>) =>
    launchPlanOf(sampleInstance({ spec: { domain: { ...sampleInstance().spec.domain, ...domain } } }), files)

  it('gives processors the features, enlightenments and settings that the spec asks for', () => {
    const { cpu } = planOf({
      cpu: {
        model: 'Haswell',
        cores: 2,
        features: [{ name: 'lahf_lm' }, { name: 'pcid', policy: 'disable' }, { name: 'svm', policy: 'forbid' }],
      },
      features: {
        kvm: { hidden: true },
        pvspinlock: { enabled: false },
        apic: { endOfInterrupt: true },
        hyperv: { relaxed: {}, vapic: { enabled: false }, spinlocks: { spinlocks: 8191 }, synictimer: { direct: {} } },
      },
      clock: { timer: { hyperv: {}, kvm: { present: false } } },
    })
    expect(cpu).toEqual({
      model: 'Haswell',
      sockets: 1,
      cores: 2,
      threads: 1,
      settings: {
        'lahf-lm': true,
        pcid: false,
        'hv-relaxed': true,
        'hv-stimer': true,
        'hv-stimer-direct': true,
        'hv-spinlocks': 8191,
        'hv-time': true,
        kvm: false,
        'kvm-pv-unhalt': false,
        'kvm-pv-eoi': true,
        kvmclock: false,
      },
    })
  })

  it('sets clock and timers as the spec says', () => {
    expect(planOf({ clock: {} })).not.toHaveProperty('clock')
    const timer = { hpet: { present: false }, pit: { tickPolicy: 'delay' }, rtc: { tickPolicy: 'catchup', track: 'guest' } }
    expect(planOf({ clock: { timezone: 'Europe/Berlin', timer } }).clock).toEqual({
      shows: { kind: 'timezone', name: 'Europe/Berlin' },
      stopsWithGuest: true,
      catchesUp: true,
      hpet: false,
      pitTicks: 'delay',
    })
  })

  it('gives every disk an error policy, and I/O threads by the policy', () => {
    const disk = (name: string, more: object = {}) => ({ name, disk: { bus: 'virtio' }, ...more })
    const sources = new Map(['a', 'b', 'c'].map((name) => [name, { kind: 'empty', sizeBytes: 1 } as const]))
    const threadsOf = (domain: Partial<Domain>, disks: Domain['devices']['disks']) => {
      const whole = { ...sampleInstance().spec.domain, ...domain, devices: { disks: disks ?? [] } }
      const plan = launchPlanOf(sampleInstance({ spec: { domain: whole } }), { sources, kernel: undefined })
      return [plan.ioThreads, ...plan.disks.map(({ ioThread }) => ioThread)]
    }
    const three = [disk('a'), disk('b'), disk('c')]
    expect(planOf({}).disks[0]).toMatchObject({ onError: 'stop' })
    expect(threadsOf({}, three)).toEqual([undefined, undefined, undefined, undefined])
    expect(threadsOf({ ioThreadsPolicy: 'shared' }, three)).toEqual([1, 1, 1, 1])
    expect(threadsOf({ ioThreadsPolicy: 'auto', cpu: { cores: 1 } }, three)).toEqual([2, 1, 2, 1])
    expect(threadsOf({ ioThreadsPolicy: 'supplementalPool', ioThreads: { supplementalPoolThreadCount: 9 } }, three)).toEqual([
      3, 1, 2, 3,
    ])
    expect(threadsOf({}, [disk('a'), disk('b', { dedicatedIOThread: true }), { name: 'c', disk: { bus: 'sata' } }])).toEqual([
      2,
      1,
      2,
      undefined,
    ])
  })

  it('attaches the devices that the spec asks for', () => {
    const devices: Domain['devices'] = {
      autoattachSerialConsole: false,
      autoattachMemBalloon: false,
      disableHotplug: true,
      useVirtioTransitional: true,
      inputs: [{ name: 'pen', type: 'tablet', bus: 'virtio' }],
      sound: { name: 'horn' },
      video: { type: 'cirrus' },
      panicDevices: [{ model: 'pvpanic' }],
      watchdog: { name: 'dog', i6300esb: { action: 'poweroff' } },
      tpm: { persistent: true },
      interfaces: [
        { name: 'a', masquerade: {}, state: 'down', model: 'pcnet', bootOrder: 2, dhcpOptions: { bootFileName: 'pxe.0' } },
        { name: 'b', bridge: {}, state: 'absent' },
      ],
    }
    const plan = planOf({ devices })
    expect(plan).toMatchObject({
      serialConsole: 'none',
      hotplug: false,
      virtio: 'transitional',
      tablets: ['virtio'],
      sound: 'ich9',
      video: 'cirrus',
      panicDevice: 'pci',
      watchdog: { action: 'poweroff' },
      tpm: { interface: 'crb', isKept: false },
      interfaces: [{ name: 'a', link: 'down', model: 'pcnet', bootOrder: 2, dhcp: { bootFile: 'pxe.0' } }],
    })
    expect(plan).not.toHaveProperty('balloon')
    expect(planOf({}).balloon).toEqual({ reportsFreePages: true })
  })

  it('VI43 keeps a persistent TPM and persistent variables under the uid of the VM', () => {
    const ownerReferences = [
      { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name: 'demo', uid: 'vm-uid', controller: true },
    ]
    const domain: Domain = { devices: { tpm: { persistent: true } }, firmware: { bootloader: { efi: { persistent: true } } } }
    expect(launchPlanOf(sampleInstance({ spec: { domain }, metadata: { ownerReferences } }), files)).toMatchObject({
      keepsUnder: 'vm-uid',
      tpm: { isKept: true },
      firmware: { keepsVariables: true },
    })
  })
})
