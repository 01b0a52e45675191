import { describe, expect, it } from 'vitest'
import { option } from './argv/option.ts'
import { type LaunchSite, qemuArguments } from './argv.ts'
import type { Disk, LaunchPlan } from './launch-plan.ts'
import { samplePlan } from './testing/sample-plan.ts'

const site: LaunchSite = { folder: '/data/machines/db1', accelerator: 'tcg', forwards: [] }

const small = samplePlan('db1', {
  cpu: { model: 'max', sockets: 1, cores: 2, threads: 1 },
  memoryBytes: 512 * 1024 * 1024,
})

const disk = (name: string, changes: Partial<Disk> = {}): Disk => ({
  name,
  device: 'disk',
  bus: 'virtio',
  readOnly: false,
  source: { kind: 'overlay', backingFile: '/images/debian.qcow2', backingFormat: 'qcow2' },
  ...changes,
})

const network: LaunchPlan['interfaces'] = [
  {
    name: 'default',
    macAddress: '02:00:00:00:00:01',
    model: 'virtio-net',
    forwards: [
      { name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 22 },
      { name: 'dns', protocol: 'udp', hostAddress: '0.0.0.0', hostPort: 5353, guestPort: 53 },
    ],
  },
]
const forwards = [
  { name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 40_022, guestPort: 22 },
  { name: 'dns', protocol: 'udp', hostAddress: '0.0.0.0', hostPort: 5353, guestPort: 53 },
] as const

const ofFirmware = { codePath: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsPath: '/data/machines/db1/uefi-vars.fd' }

const plans: Record<string, [LaunchPlan, LaunchSite]> = {
  'smallest-q35': [small, site],
  'server-with-seed-and-network': [
    {
      ...small,
      serialNumber: 'DB-1',
      disks: [disk('root', { bootOrder: 1 }), disk('cloudinit', { source: { kind: 'seed', label: 'cidata', files: {} } })],
      interfaces: network,
      rng: true,
      panicDevice: true,
    },
    { ...site, accelerator: 'kvm', forwards },
  ],
  'network-as-it-was-asked-for': [
    {
      ...small,
      interfaces: [
        {
          name: 'default',
          macAddress: '02:00:00:00:00:01',
          model: 'virtio-net',
          forwards: [],
          link: 'down',
          subnet: { cidr: '10.11.12.0/24', gateway: '10.11.12.1', guest: '10.11.12.2', nameServer: '10.11.12.3' },
          ipv6Subnet: 'fd10:0:2::/64',
          dhcp: {
            hostname: 'db1',
            domain: 'office.example',
            searches: ['example.com', 'example.org'],
            nameServer: '192.0.2.53',
            bootFile: 'pxelinux.0',
            tftpServer: 'boot.example',
          },
        },
      ],
    },
    site,
  ],
  'desktop-with-uefi': [
    {
      ...small,
      cpu: { model: 'host', sockets: 2, cores: 2, threads: 2 },
      firmware: { kind: 'uefi', secureBoot: false },
      graphics: true,
    },
    { ...site, firmware: ofFirmware },
  ],
  'secure-boot': [
    { ...small, firmware: { kind: 'uefi', secureBoot: true } },
    { ...site, accelerator: 'kvm', firmware: { ...ofFirmware, codePath: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd' } },
  ],
  'disks-on-every-bus': [
    {
      ...small,
      disks: [
        disk('a', { serial: 'SN-A', cache: 'none' }),
        disk('b', { bus: 'scsi', cache: 'writethrough', bootOrder: 2 }),
        disk('c', { bus: 'sata', source: { kind: 'empty', sizeBytes: 1024 } }),
        disk('d', { bus: 'sata', cache: 'writeback', source: { kind: 'file', path: '/disks/d.raw', format: 'raw' } }),
        disk('e', { bus: 'usb', readOnly: true }),
      ],
    },
    site,
  ],
  'installer-from-cdrom': [
    {
      ...small,
      onReboot: 'terminate',
      disks: [
        disk('installer', {
          device: 'cdrom',
          bus: 'scsi',
          bootOrder: 1,
          source: { kind: 'file', path: '/images/release.iso', format: 'raw' },
        }),
        disk('drivers', { device: 'cdrom', bus: 'sata', source: { kind: 'file', path: '/images/drivers.iso', format: 'raw' } }),
        disk('more', { device: 'cdrom', bus: 'usb', source: { kind: 'file', path: '/images/more.iso', format: 'raw' } }),
        disk('target', { source: { kind: 'empty', sizeBytes: 1024 } }),
      ],
    },
    site,
  ],
  'microvm-with-kernel': [
    {
      ...small,
      machine: 'microvm',
      kernel: { kernelPath: '/boot/vmlinux', initrdPath: '/boot/initramfs', commandLine: 'console=ttyS0 quiet, please' },
      disks: [disk('root'), disk('data', { bus: 'scsi' })],
      interfaces: network,
      rng: true,
      panicDevice: true,
    },
    { ...site, forwards },
  ],
  'everything-that-a-domain-asks-for': [
    {
      ...small,
      machineType: 'pc-q35-7.2',
      smm: false,
      cpu: {
        ...small.cpu,
        model: 'Haswell',
        settings: { vmx: true, rdrand: false, 'hv-spinlocks': 4096, 'hv-vendor-id': 'a,b' },
      },
      firmware: { kind: 'bios', usesSerial: true },
      hugepageBytes: 2 * 1024 * 1024,
      clock: {
        shows: { kind: 'utc', offsetSeconds: 3600 },
        catchesUp: true,
        stopsWithGuest: true,
        hpet: false,
        pitTicks: 'delay',
      },
      chassis: { manufacturer: 'Acme, Inc.', asset: 'A-1' },
      ioThreads: 2,
      disks: [
        disk('a', { cache: 'none', io: 'native', onError: 'stop', ioThread: 1, queues: 2, pciAddress: '0000:00:1c.0' }),
        disk('b', {
          onError: 'enospace',
          ioThread: 2,
          shareable: true,
          blockSize: { logical: 512, physical: 4096, discardGranularity: 4096 },
          source: { kind: 'file', path: '/disks/b.raw', format: 'raw' },
        }),
        disk('c', { bus: 'scsi', onError: 'report', blockSize: 'host' }),
      ],
      interfaces: [
        {
          name: 'boot',
          macAddress: '02:00:00:00:00:03',
          model: 'virtio-net',
          forwards: [],
          bootOrder: 1,
          dhcp: { hostname: 'guest', bootFile: 'pxe.0', tftpServer: 'boot' },
          pciAddress: '0000:00:1d.0',
          acpiIndex: 7,
        },
      ],
      graphics: true,
      video: 'virtio',
      tablets: ['virtio', 'usb'],
      sound: 'ich9',
      serialConsole: 'unlogged',
      rng: true,
      balloon: { reportsFreePages: true },
      panicDevice: 'pci',
      watchdog: { action: 'poweroff' },
      tpm: { interface: 'crb', isKept: true },
      keepsUnder: 'vm',
      hotplug: false,
    },
    {
      ...site,
      accelerator: 'kvm',
      startsAt: new Date('2030-01-02T03:04:05Z'),
      hostBlockSizes: new Map([['c', 4096]]),
    },
  ],
  'an-old-guest': [
    {
      ...small,
      virtio: 'transitional',
      acpi: false,
      clock: { shows: { kind: 'timezone', name: 'Europe/Berlin' }, pit: false, pitTicks: 'discard' },
      serialConsole: 'none',
      sound: 'ac97',
      watchdog: { action: 'reset' },
      disks: [disk('root'), disk('data', { bus: 'scsi' })],
      interfaces: network,
      rng: true,
      balloon: { reportsFreePages: false },
    },
    { ...site, forwards, startsAt: new Date('2030-07-02T03:04:05Z') },
  ],
  'names-with-commas': [
    {
      ...small,
      name: 'Ann, Bob',
      serialNumber: 'a,b',
      interfaces: [{ name: 'old', macAddress: '02:00:00:00:00:02', model: 'e1000e', forwards: [] }],
      disks: [disk('root', { source: { kind: 'file', path: '/disks/a,readonly=off.qcow2', format: 'qcow2' } })],
    },
    { ...site, folder: '/data,here/machines/db1' },
  ],
}

describe('the argument vector', () => {
  it.each(Object.entries(plans))('of %s is the golden one', async (name, [plan, where]) => {
    await expect(`${qemuArguments(plan, where).join('\n')}\n`).toMatchFileSnapshot(`argv.golden/${name}.txt`)
  })

  it('offers a seed for reading only, but on SATA, whose hard disks cannot be that', () => {
    const seedOn = (bus: Disk['bus']) =>
      qemuArguments({ ...small, disks: [disk('seed', { bus, source: { kind: 'seed', label: 'cidata', files: {} } })] }, site)
    expect(seedOn('virtio').join(' ')).toContain('read-only=on')
    expect(seedOn('sata').join(' ')).toContain('read-only=off')
  })

  it('names the state folder in full, so that a process list tells whose machine it is', () => {
    for (const [plan, where] of Object.values(plans)) {
      expect(qemuArguments(plan, where)).toContain(`${where.folder}/qemu.pid`)
    }
  })

  it('keeps every socket name relative, because a data folder may be deeper than a socket name may be long', () => {
    const sockets = qemuArguments(plans['desktop-with-uefi']?.[0] ?? small, { ...site, firmware: ofFirmware }).flatMap(
      (argument) => /(?:path=|unix:)([^,]*\.sock)/.exec(argument)?.[1] ?? [],
    )
    expect(sockets).toEqual(['qmp.sock', 'tools.sock', 'serial.sock', 'vnc.sock', 'agent.sock'])
  })

  it('is refused for a UEFI plan on a site that names no firmware', () => {
    expect(() => qemuArguments({ ...small, firmware: { kind: 'uefi', secureBoot: false } }, site)).toThrow(/names no firmware/)
  })
})

describe('an option', () => {
  it('writes a comma in a value twice, so that no name can smuggle in a setting', () => {
    expect(option('driver=raw', { path: 'a,read-only=off', size: 3, ro: true, rw: false, left: undefined })).toBe(
      'driver=raw,path=a,,read-only=off,size=3,ro=on,rw=off',
    )
  })
})
