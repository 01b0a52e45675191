import type { VirtualMachineInstance } from '@sheaf/api'
import { type Capabilities, SimulatedWorld } from '@sheaf/qemu'
import { describe, expect, it } from 'vitest'
import { machineLacks } from './machine-limits.ts'
import { sampleInstance } from '../sample-instance.ts'

type Domain = VirtualMachineInstance['spec']['domain']

const host: Capabilities = new SimulatedWorld({
  clock: { now: () => 0, after: () => ({ cancel: () => {} }) },
}).capabilities()
const { emulator } = host
if (emulator === undefined) throw new Error('the simulated host has an emulator')
const emulating: Capabilities = { ...host, emulator: { ...emulator, accelerator: 'tcg' } }

const lackOf = (domain: Partial<Domain>, on: Capabilities = host): string | undefined =>
  machineLacks(sampleInstance({ spec: { domain: { devices: {}, memory: { guest: '128Mi' }, ...domain } } }), on)?.message

const devices = (wanted: Domain['devices']): Partial<Domain> => ({ devices: wanted })

describe('what this machine does not offer', () => {
  it('is nothing when nothing special is asked for', () => {
    expect(lackOf({})).toBeUndefined()
    expect(
      lackOf({ cpu: { model: 'host-model' }, features: { acpi: {}, apic: {}, smm: {}, kvm: { hidden: true } } }),
    ).toBeUndefined()
    expect(lackOf(devices({ tpm: { enabled: false } }), { ...host, hasTpmEmulator: false })).toBeUndefined()
  })

  it.each<[Partial<Domain>, RegExp]>([
    [{ cpu: { model: 'Abacus' } }, /the CPU model Abacus, which QEMU does not know here/],
    [{ cpu: { model: 'Skylake-Server' } }, /the CPU model Skylake-Server, of which the host lacks avx512f/],
    [{ cpu: { features: [{ name: 'svm' }] } }, /offer the CPU feature svm;/],
    [{ cpu: { features: [{ name: 'vmx,kvm=off' }] } }, /the CPU feature vmx,kvm=off, which QEMU does not know here/],
    [{ cpu: { features: [{ name: 'vmx', policy: 'forbid' }] } }, /a CPU without vmx/],
    [{ machine: { type: 'pc-q35-99.0' } }, /the machine type pc-q35-99\.0, .*q35 is always the newest/],
    [{ cpu: { dedicatedCpuPlacement: true, realtime: {}, numa: {} } }, /dedicated CPUs, realtime CPUs, NUMA nodes/],
    [{ clock: { timezone: 'Europe/Atlantis' } }, /the time zone Europe\/Atlantis/],
    [{ clock: { timer: { rtc: { tickPolicy: 'merge' } } } }, /a real-time clock with a tickPolicy other than delay and catchup/],
    [{ firmware: { acpi: { slicNameRef: 'slic' } } }, /ACPI tables from a volume/],
    [devices({ interfaces: [{ name: 'n', model: 'igb' }] }), /the interface model igb, which QEMU does not know here/],
    [devices({ disks: [{ name: 'd', disk: { bus: 'virtio', pciAddress: '0000:81:01.0' } }] }), /PCI addresses on another bus/],
    [devices({ disks: [{ name: 'd', lun: {} }] }), /LUN disks/],
    [devices({ clientPassthrough: {} }), /USB devices of a client/],
    [devices({ watchdog: { name: 'w', i6300esb: { action: 'dump' } } }), /a watchdog action other than reset/],
  ])('VI45 is told of %j', (domain, words) => {
    expect(lackOf(domain)).toMatch(words)
  })

  it('NA2 is a network beside the pod network', () => {
    const networks = [{ name: 'vlan', multus: { networkName: 'default/vlan-7' } }]
    const instance = sampleInstance({ spec: { domain: { devices: {} }, networks } })
    expect(machineLacks(instance, host)?.message).toMatch(/networks beside the pod network/)
  })

  it('VI45 is a TPM where its emulator is missing, with the line that mends it', () => {
    expect(lackOf(devices({ tpm: {} }))).toBeUndefined()
    expect(lackOf(devices({ tpm: {} }), { ...host, hasTpmEmulator: false })).toMatch(/a TPM .*apt-get install swtpm/)
  })

  it('VI45 is what only KVM has, where guests are emulated', () => {
    const windows: Partial<Domain> = {
      clock: { timer: { hyperv: {}, pit: { tickPolicy: 'delay' } } },
      features: { hyperv: { relaxed: {}, vapic: { enabled: false } }, pvspinlock: {} },
    }
    expect(lackOf(windows)).toBeUndefined()
    expect(lackOf(windows, emulating)).toMatch(/Hyper-V enlightenments, paravirtual spinlocks \(only KVM has that/)
    expect(
      lackOf({ features: { hyperv: { vapic: { enabled: false } }, pvspinlock: { enabled: false } } }, emulating),
    ).toBeUndefined()
  })

  it('VI44 counts memory as a scheduler does: what was requested, or all, and what QEMU needs beside it', () => {
    const on = (mebibytes: number): Capabilities => ({ ...host, memoryBytes: mebibytes * 1024 * 1024 })
    expect(lackOf({ memory: { guest: '1Gi' } }, on(1024))).toBe(
      '0/1 nodes are available: 1 Insufficient memory. The guest needs 1120Mi, more than this machine has left for guests.',
    )
    expect(lackOf({ memory: { guest: '1Gi' } }, on(1120))).toBeUndefined()
    expect(lackOf({ memory: { guest: '1Gi' }, resources: { overcommitGuestOverhead: true } }, on(1024))).toBeUndefined()
    expect(lackOf({ memory: { guest: '1Gi' }, resources: { requests: { memory: '256Mi' } } }, on(360))).toBeUndefined()
    expect(lackOf({ memory: { guest: '1Gi', reservedOverhead: { addedOverhead: '1Mi' } } }, on(1120))).toMatch(/needs 1121Mi/)
  })

  it('VI46 counts huge pages, and tells how to get them', () => {
    const wanted: Partial<Domain> = { memory: { guest: '64Mi', hugepages: { pageSize: '2Mi' } } }
    const withPages = (free: number): Capabilities => ({ ...host, hugepages: new Map([[2 * 1024 * 1024, { total: 8, free }]]) })
    expect(lackOf(wanted, withPages(32))).toBeUndefined()
    expect(lackOf(wanted, withPages(5))).toBe(
      '0/1 nodes are available: 1 Insufficient hugepages-2Mi. The guest needs 32 pages and 5 are free; as root: sysctl -w vm.nr_hugepages=35',
    )
    expect(lackOf({ memory: { guest: '1Gi', hugepages: { pageSize: '1Gi' } } }, withPages(5))).toMatch(/no pages of this size/)
  })

  it('counts CPUs and what a device plugin would offer', () => {
    expect(lackOf({ resources: { requests: { cpu: '17' } } })).toMatch(/1 Insufficient cpu\. 17 CPUs are requested/)
    expect(lackOf({ resources: { limits: { 'example.org/fpga': '1' } } })).toMatch(/1 Insufficient example\.org\/fpga/)
  })
})
