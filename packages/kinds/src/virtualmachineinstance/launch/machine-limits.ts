// What an instance may ask for that this machine does not have. Reported as KubeVirt reports a node that lacks it: never
// ignored in silence. Pure: the host was looked at before.

import type { VirtualMachineInstance } from '@sheaf/api'
import { type Capabilities, isTimezone } from '@sheaf/qemu'
import { type Insufficient, insufficientMemory, insufficientResources } from './machine-resources.ts'
import { enlightenmentsOf, isOn } from './processor.ts'
import { processorLacks } from './processor-limits.ts'
import { type Refusal, refuse } from '../refusal.ts'

type Spec = VirtualMachineInstance['spec']
type Domain = Spec['domain']
type Disk = NonNullable<Domain['devices']['disks']>[number]

interface Limit {
  what: string
  isAsked(spec: Spec, host: Capabilities): boolean
}

const anyDisk = ({ domain }: Spec, asks: (disk: Disk) => boolean): boolean => (domain.devices.disks ?? []).some(asks)

const anyInterface = ({ domain }: Spec, asks: (each: NonNullable<Domain['devices']['interfaces']>[number]) => boolean): boolean =>
  (domain.devices.interfaces ?? []).some(asks)

const isOther = (value: string | undefined, known: readonly string[]): boolean => Boolean(value) && !known.includes(value ?? '')

/** Places on the root bus, where the machine's own devices are too. */
const rootPlace = /^0000:00:/

/** Nobody here has them, whatever the host is like. */
const never: readonly Limit[] = [
  { what: 'another architecture than amd64', isAsked: (spec) => (spec.architecture || 'amd64') !== 'amd64' },
  { what: 'GPU devices', isAsked: ({ domain }) => (domain.devices.gpus ?? []).length > 0 },
  { what: 'host devices', isAsked: ({ domain }) => (domain.devices.hostDevices ?? []).length > 0 },
  { what: 'SR-IOV interfaces', isAsked: (spec) => anyInterface(spec, (each) => each.sriov !== undefined) },
  { what: 'networks beside the pod network', isAsked: (spec) => (spec.networks ?? []).some((each) => each.multus !== undefined) },
  { what: 'network binding plugins', isAsked: (spec) => anyInterface(spec, (each) => each.binding !== undefined) },
  {
    what: 'time servers by DHCP',
    isAsked: (spec) => anyInterface(spec, ({ dhcpOptions }) => (dhcpOptions?.ntpServers ?? []).length > 0),
  },
  {
    what: 'private DHCP options',
    isAsked: (spec) => anyInterface(spec, ({ dhcpOptions }) => (dhcpOptions?.privateOptions ?? []).length > 0),
  },
  { what: 'resource claims', isAsked: (spec) => (spec.resourceClaims ?? []).length > 0 },
  {
    what: 'PCI addresses on another bus than 0000:00',
    isAsked: (spec) =>
      anyInterface(spec, ({ pciAddress }) => Boolean(pciAddress) && !rootPlace.test(pciAddress ?? '')) ||
      anyDisk(spec, ({ disk }) => Boolean(disk?.pciAddress) && !rootPlace.test(disk?.pciAddress ?? '')),
  },
  { what: 'dedicated CPUs', isAsked: ({ domain }) => domain.cpu?.dedicatedCpuPlacement === true },
  { what: 'realtime CPUs', isAsked: ({ domain }) => domain.cpu?.realtime !== undefined },
  { what: 'NUMA nodes', isAsked: ({ domain }) => domain.cpu?.numa !== undefined },
  { what: 'shared filesystems', isAsked: ({ domain }) => (domain.devices.filesystems ?? []).length > 0 },
  { what: 'USB devices of a client', isAsked: ({ domain }) => domain.devices.clientPassthrough !== undefined },
  {
    what: 'LUN disks, which hand SCSI commands through to a block device',
    isAsked: (spec) => anyDisk(spec, ({ lun }) => lun !== undefined),
  },
  { what: 'a CD-ROM with its tray open', isAsked: (spec) => anyDisk(spec, ({ cdrom }) => cdrom?.tray === 'open') },
  { what: 'changed block tracking', isAsked: (spec) => anyDisk(spec, (disk) => disk.changedBlockTracking === true) },
  {
    what: 'an initrd without a kernel',
    isAsked: ({ domain }) => {
      const container = domain.firmware?.kernelBoot?.container
      return Boolean(container?.initrdPath) && !container?.kernelPath
    },
  },
  { what: 'ACPI tables from a volume', isAsked: ({ domain }) => domain.firmware?.acpi !== undefined },
  {
    what: 'a watchdog action other than reset, shutdown and poweroff',
    isAsked: ({ domain }) => isOther(domain.devices.watchdog?.i6300esb?.action, ['reset', 'shutdown', 'poweroff']),
  },
  {
    what: 'a real-time clock with a tickPolicy other than delay and catchup, or that tracks other than guest and wall',
    isAsked: ({ domain }) => {
      const { tickPolicy, track } = domain.clock?.timer?.rtc ?? {}
      return isOther(tickPolicy, ['delay', 'catchup']) || isOther(track, ['guest', 'wall'])
    },
  },
  {
    what: 'a PIT with a tickPolicy other than delay, catchup and discard',
    isAsked: ({ domain }) => isOther(domain.clock?.timer?.pit?.tickPolicy, ['delay', 'catchup', 'discard']),
  },
  { what: 'a machine without a real-time clock', isAsked: ({ domain }) => domain.clock?.timer?.rtc?.present === false },
]

/** What depends on the host, each with what would mend it. */
function lackingHere(spec: Spec, host: Capabilities): string[] {
  const { clock, devices, machine } = spec.domain
  const { emulator } = host
  const say = (isLacking: boolean, what: string): string[] => (isLacking ? [what] : [])
  const wantsTpm = devices.tpm !== undefined && devices.tpm.enabled !== false
  // Those of another architecture are of no interest.
  const isOurs = (spec.architecture || 'amd64') === 'amd64'
  const type = machine?.type ?? ''
  const models = new Set(
    (devices.interfaces ?? []).map(({ model }) => model ?? '').filter((model) => model !== '' && model !== 'virtio'),
  )
  return [
    ...say(wantsTpm && !host.hasTpmEmulator, 'a TPM (it needs the program swtpm; on Debian: apt-get install swtpm)'),
    ...say(Boolean(clock?.timezone) && !isTimezone(clock?.timezone ?? ''), `the time zone ${clock?.timezone}`),
    ...(emulator === undefined
      ? []
      : [
          ...say(
            isOurs && type !== '' && !emulator.machineTypes.has(type),
            `the machine type ${type}, which QEMU does not know here; q35 is always the newest`,
          ),
          ...[...models]
            .filter((model) => !emulator.devices.has(model))
            .map((model) => `the interface model ${model}, which QEMU does not know here`),
          ...processorLacks(spec.domain, emulator),
          ...say(
            emulator.accelerator === 'tcg' && kvmOnly(spec.domain).length > 0,
            `${kvmOnly(spec.domain).join(', ')} (only KVM has that, and guests are emulated here)`,
          ),
        ]),
  ]
}

/** What KVM tells the guest, which emulation would leave out without a word. */
function kvmOnly(domain: Domain): string[] {
  const { clock, features } = domain
  const { pit } = clock?.timer ?? {}
  const asked: readonly (readonly [string, boolean])[] = [
    ['Hyper-V enlightenments', Object.keys(enlightenmentsOf(domain)).length > 0],
    ['paravirtual spinlocks', isOn(features?.pvspinlock)],
    ['a paravirtual end of interrupt', features?.apic?.endOfInterrupt === true],
    [`a PIT with tickPolicy ${pit?.tickPolicy}`, pit?.tickPolicy === 'discard' || pit?.tickPolicy === 'catchup'],
  ]
  return asked.filter(([, isAsked]) => isAsked).map(([what]) => what)
}

/** Undefined when this machine can run it. */
export function machineLacks(instance: VirtualMachineInstance, host: Capabilities): Refusal | undefined {
  const { spec } = instance
  const lacking = [...never.filter((each) => each.isAsked(spec, host)).map(({ what }) => what), ...lackingHere(spec, host)]
  const insufficient = insufficientResources(spec.domain, host)
  return lacking.length === 0 && insufficient.length === 0 ? undefined : unschedulable(insufficient, lacking)
}

/** The last look, right before the launch, found less memory than the one before. */
export function outOfMemory({ spec }: VirtualMachineInstance): Refusal {
  return unschedulable([insufficientMemory(spec.domain)], [])
}

function unschedulable(insufficient: readonly Insufficient[], lacking: readonly string[]): Refusal {
  const offer = `this machine does not offer ${lacking.join(', ')}; take it out of the spec to run here`
  const reasons = [...insufficient.map(({ name }) => `1 Insufficient ${name}`), ...(lacking.length === 0 ? [] : [offer])]
  const details = insufficient.map(({ detail }) => ` ${detail}`).join('')
  return refuse('PodScheduled', 'Unschedulable', `0/1 nodes are available: ${reasons.join(', ')}.${details}`)
}
