import { describe, expect, it } from 'vitest'
import type { Disk, LaunchPlan } from './launch-plan.ts'
import { samplePlan } from './testing/sample-plan.ts'
import { planProblems } from './validate-plan.ts'

const good = samplePlan('db1', {
  cpu: { model: 'max', sockets: 1, cores: 2, threads: 1 },
  memoryBytes: 512 * 1024 * 1024,
})
const disk = (name: string, changes: Partial<Disk> = {}): Disk => ({
  name,
  device: 'disk',
  bus: 'virtio',
  readOnly: false,
  source: { kind: 'empty', sizeBytes: 1 },
  ...changes,
})
const network = (changes: object = {}, forward?: object): LaunchPlan['interfaces'] => [
  {
    name: 'default',
    macAddress: '02:00:00:00:00:01',
    model: 'virtio-net',
    forwards: forward
      ? [{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 22, ...forward }]
      : [],
    ...changes,
  },
]

describe('a plan', () => {
  it('without a mistake has no problems', () => {
    expect(
      planProblems({ ...good, disks: [disk('a', { bootOrder: 1 }), disk('b', { bootOrder: 2 })], interfaces: network({}, {}) }),
    ).toEqual([])
  })

  it.each<[Partial<LaunchPlan>, RegExp]>([
    [{ id: '../etc' }, /^id "\.\.\/etc" must be/],
    [{ id: 'a'.repeat(64) }, /must be 1 to 63/],
    [{ uuid: 'x' }, /uuid "x" must be written/],
    [{ cpu: { model: 'max', sockets: 16, cores: 16, threads: 1 } }, /^256 processors were asked for; 1 to 255/],
    [{ cpu: { model: 'max', sockets: 0, cores: 1, threads: 1 } }, /^0 processors/],
    [{ memoryBytes: 10 }, /^10 bytes of memory/],
    [{ disks: [disk('a'), disk('a')] }, /^the disk a is given twice$/],
    [{ disks: [disk('a b')] }, /^disk "a b" must be named/],
    [{ disks: [disk('a', { bootOrder: 1 }), disk('b', { bootOrder: 1 })] }, /^the boot order 1 is given twice$/],
    [{ disks: [disk('a', { bootOrder: 0 })] }, /boot order 0; count from 1/],
    [{ disks: [disk('a', { source: { kind: 'empty', sizeBytes: 0 } })] }, /is empty and has no size/],
    [{ disks: [disk('a', { source: { kind: 'file', path: 'a.img', format: 'raw' } })] }, /^the path "a\.img" must be absolute/],
    [{ disks: [1, 2, 3, 4, 5, 6, 7].map((index) => disk(`d${index}`, { bus: 'sata' })) }, /^sata has room for 6 disks/],
    [{ interfaces: network({ macAddress: '01:00:00:00:00:01' }) }, /unicast/],
    [{ interfaces: network({ macAddress: '02-00' }) }, /MAC address 02-00/],
    [{ interfaces: network({}, { guestPort: 0 }) }, /leads to port 0/],
    [{ interfaces: network({}, { hostPort: 70_000 }) }, /listens on port 70000/],
    [{ interfaces: network({}, { hostAddress: 'localhost' }) }, /give an IPv4 address/],
    [{ cpu: { ...good.cpu, model: 'max,kvm=off' } }, /"max,kvm=off" is no name of a processor model/],
    [{ cpu: { ...good.cpu, settings: { 'vmx,kvm': true } } }, /"vmx,kvm" is no name of a processor feature/],
    [{ disks: [disk('a', { io: 'native', cache: 'writeback' })] }, /set its cache to none/],
    [{ disks: [disk('a', { shareable: true })] }, /share a disk that is a file of its own/],
    [{ disks: [disk('a', { bus: 'sata', pciAddress: '0000:00:08.0' })] }, /put it on virtio/],
    [{ disks: [disk('a', { pciAddress: '0000:81:01.0' })] }, /places are those on the root bus/],
    [{ disks: [disk('a', { bootOrder: 1 })], interfaces: network({ bootOrder: 1 }) }, /^the boot order 1 is given twice$/],
    [{ clock: { shows: { kind: 'timezone', name: 'Nowhere' } } }, /is no time zone/],
    [{ hugepageBytes: 1024 ** 3 }, /are not a whole number of huge pages/],
    [{ keepsUnder: '../vm' }, /what is kept is named/],
    [
      { tpm: { interface: 'tis', isKept: false }, kernel: { kernelPath: '/k', initrdPath: '/i', commandLine: '' } },
      /boot from a disk, or with UEFI$/,
    ],
    [{ machine: 'microvm', tpm: { interface: 'tis', isKept: false } }, /microvm has neither a watchdog nor a TPM/],
    [{ machine: 'microvm', firmware: { kind: 'uefi', secureBoot: false } }, /^microvm has no UEFI; use q35$/],
    [{ machine: 'microvm', graphics: true }, /^microvm has no graphics/],
    [{ machine: 'microvm', disks: [disk('a', { bus: 'sata' })] }, /is on sata, which microvm lacks/],
    [{ machine: 'microvm', interfaces: network({ model: 'e1000' }) }, /is an e1000, which microvm lacks/],
  ])('with the mistake %j is told which', (changes, problem) => {
    const problems = planProblems({ ...good, ...changes })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(problem)
  })
})
