// What KubeVirt fills in when nobody says otherwise. Pure: a copy comes back.

import { bytesOf, type QuantityText } from '../../meta/index.ts'
import { type AdmissionPolicy, defaultAdmissionPolicy } from './admission-policy.ts'
import type { VirtualMachineInstance } from './virtual-machine-instance.ts'
import type { Devices, Disk, Domain, Probe, VirtualMachineInstanceSpec, Volume } from './virtual-machine-instance-spec.ts'

const machineTypes: Readonly<Record<string, string>> = { amd64: 'q35', arm64: 'virt' }

/** What guests get from a CPU limit that asks for less than one: one. */
const minSockets = 1

const isZero = (quantity: QuantityText | undefined): boolean => (bytesOf(quantity ?? 0) ?? 0) === 0

/** The part that a template is validated with as well. */
export function defaultVirtualMachineInstanceSpec(
  given: VirtualMachineInstanceSpec,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): VirtualMachineInstanceSpec {
  const spec = structuredClone(given)
  const { domain } = spec
  spec.architecture ||= policy.architecture
  domain.machine = { ...domain.machine, type: domain.machine?.type || (machineTypes[spec.architecture] ?? 'q35') }
  defaultResources(domain)
  defaultGuestMemory(domain)
  defaultTopology(domain)
  spec.volumes?.forEach(defaultPullPolicy)
  if (policy.defaultEvictionStrategy !== undefined) spec.evictionStrategy ??= policy.defaultEvictionStrategy
  attachPodNetwork(spec, policy.defaultBinding)
  attachEveryVolume(spec)
  return spec
}

/** An instance as it is stored on creation. `uuid` is for a machine that brings none of its own. */
export function defaultVirtualMachineInstance(
  given: VirtualMachineInstance,
  uuid: string,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): VirtualMachineInstance {
  const spec = defaultVirtualMachineInstanceSpec(given.spec, policy)
  const isArm = spec.architecture === 'arm64'
  const { domain } = spec
  domain.firmware = { ...domain.firmware, uuid: domain.firmware?.uuid || uuid }
  if (isArm) defaultArmFirmware(domain)
  domain.cpu = { ...domain.cpu, model: domain.cpu?.model || (isArm ? 'host-passthrough' : policy.defaultCpuModel) }
  domain.features = { ...domain.features, acpi: { ...domain.features?.acpi, enabled: domain.features?.acpi?.enabled ?? true } }
  defaultHyperv(domain)
  domain.devices.disks?.forEach((disk) => defaultTarget(disk, isArm ? 'virtio' : 'sata'))
  defaultSmallDevices(domain.devices)
  for (const probe of [spec.readinessProbe, spec.livenessProbe]) if (probe !== undefined) defaultProbe(probe)
  return { ...given, spec, status: { ...given.status, ...statusOf(domain) } }
}

function defaultResources({ resources }: Domain): void {
  const limit = resources?.limits?.cpu
  if (resources === undefined || limit === undefined || isZero(limit)) return
  if (isZero(resources.requests?.cpu)) resources.requests = { ...resources.requests, cpu: limit }
}

function defaultGuestMemory(domain: Domain): void {
  if (domain.memory?.guest !== undefined) return
  const { requests, limits } = domain.resources ?? {}
  const given = [requests?.memory, limits?.memory].find((quantity) => !isZero(quantity))
  const guest = given ?? domain.memory?.hugepages?.pageSize
  if (guest !== undefined) domain.memory = { ...domain.memory, guest }
}

/** A CPU limit, or else a request, becomes that many sockets: guests schedule best over those. */
function defaultTopology(domain: Domain): void {
  const { cores = 0, sockets = 0, threads = 0 } = domain.cpu ?? {}
  if (cores !== 0 || sockets !== 0 || threads !== 0) return
  const given = bytesOf(domain.resources?.limits?.cpu ?? domain.resources?.requests?.cpu ?? minSockets)
  domain.cpu = { ...domain.cpu, sockets: Math.max(given ?? minSockets, minSockets), cores: 1, threads: 1 }
}

function defaultPullPolicy({ containerDisk }: Volume): void {
  if (containerDisk === undefined || containerDisk.imagePullPolicy !== undefined) return
  const isMoving = containerDisk.image.endsWith(':latest') || !/[:@]/.test(containerDisk.image)
  containerDisk.imagePullPolicy = isMoving ? 'Always' : 'IfNotPresent'
}

export function attachPodNetwork(spec: VirtualMachineInstanceSpec, binding: AdmissionPolicy['defaultBinding']): void {
  const { devices } = spec.domain
  if (devices.autoattachPodInterface === false || devices.interfaces?.length || spec.networks?.length) return
  devices.interfaces = [{ name: 'default', [binding]: {} }]
  spec.networks = [{ name: 'default', pod: {} }]
}

export function attachEveryVolume(spec: VirtualMachineInstanceSpec): void {
  const { devices } = spec.domain
  const shown = new Set([...(devices.disks ?? []), ...(devices.filesystems ?? [])].map(({ name }) => name))
  const hidden = (spec.volumes ?? []).filter(({ name }) => !shown.has(name))
  if (hidden.length > 0) devices.disks = [...(devices.disks ?? []), ...hidden.map(({ name }) => ({ name }))]
}

function defaultArmFirmware(domain: Domain): void {
  const { bootloader = { efi: {} } } = domain.firmware ?? {}
  if (bootloader.efi !== undefined) bootloader.efi.secureBoot ??= false
  domain.firmware = { ...domain.firmware, bootloader }
}

function defaultTarget(disk: Disk, bus: string): void {
  if (disk.disk === undefined && disk.cdrom === undefined && disk.lun === undefined) disk.disk = {}
  for (const target of [disk.disk, disk.cdrom, disk.lun]) if (target !== undefined) target.bus ||= bus
  if (disk.cdrom === undefined) return
  disk.cdrom.readonly ??= true
  disk.cdrom.tray ||= 'closed'
}

function defaultSmallDevices({ inputs, watchdog }: Devices): void {
  for (const input of inputs ?? []) {
    input.bus ||= 'usb'
    input.type ||= 'tablet'
  }
  if (watchdog !== undefined) watchdog.i6300esb = { action: 'reset', ...watchdog.i6300esb }
}

/** What a feature of Windows guests cannot do without is switched on with it, unless it was switched off. */
const hypervNeeds = [
  ['evmcs', 'vapic'],
  ['ipi', 'vpindex'],
  ['tlbflush', 'vpindex'],
  ['synictimer', 'synic'],
  ['synic', 'vpindex'],
] as const

const defaultSpinlocks = 4096

function defaultHyperv({ features }: Domain): void {
  const hyperv = features?.hyperv
  if (hyperv === undefined) return
  for (const [feature, need] of hypervNeeds) {
    const isOn = hyperv[feature] !== undefined && hyperv[feature].enabled !== false
    if (isOn) hyperv[need] = { ...hyperv[need], enabled: hyperv[need]?.enabled ?? true }
  }
  if (hyperv.spinlocks !== undefined && hyperv.spinlocks.enabled !== false) hyperv.spinlocks.spinlocks ??= defaultSpinlocks
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
}

/** KubeVirt's user for QEMU inside its containers; clients show it, nothing here runs as it. */
const runtimeUser = 107

function statusOf({ cpu, memory }: Domain): NonNullable<VirtualMachineInstance['status']> {
  const guest = memory?.guest
  const { cores = 1, sockets = 1, threads = 1 } = cpu ?? {}
  return {
    phase: 'Pending',
    runtimeUser,
    currentCPUTopology: { cores, sockets, threads },
    ...(guest === undefined ? {} : { memory: { guestAtBoot: guest, guestCurrent: guest, guestRequested: guest } }),
  }
}
