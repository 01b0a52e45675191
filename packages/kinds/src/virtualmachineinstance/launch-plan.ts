// From an instance's spec to a launch plan. Pure: the same instance and files give the same plan, so that a launch
// interrupted at any point can be repeated.

import { bytesOf, hostPortsAnnotation, parseHostPorts, type VirtualMachineInstance } from '@sheaf/api'
import type { Disk, LaunchPlan, NetworkInterface, PortForward } from '@sheaf/qemu'
import { guestNetworkOf } from './guest-network.ts'
import type { LaunchFiles } from './volumes.ts'

type Domain = VirtualMachineInstance['spec']['domain']
type DomainDisk = NonNullable<Domain['devices']['disks']>[number]
type DomainInterface = NonNullable<Domain['devices']['interfaces']>[number]

/** What a guest gets when nobody says how much: KubeVirt refuses such a spec at admission. */
const fallbackMemoryBytes = 128 * 1024 * 1024

export function launchPlanOf(instance: VirtualMachineInstance, files: LaunchFiles): LaunchPlan {
  const { domain } = instance.spec
  const firmware = domain.firmware
  return {
    id: instance.metadata.uid ?? '',
    name: `${instance.metadata.namespace}_${instance.metadata.name}`,
    uuid: firmware?.uuid ?? instance.metadata.uid ?? '',
    ...(firmware?.serial === undefined ? {} : { serialNumber: firmware.serial }),
    machine: domain.machine?.type === 'microvm' ? 'microvm' : 'q35',
    cpu: cpuOf(domain),
    memoryBytes: memoryBytesOf(domain),
    firmware:
      firmware?.bootloader?.efi === undefined
        ? { kind: 'bios' }
        : { kind: 'uefi', secureBoot: firmware.bootloader.efi.secureBoot ?? true },
    ...(files.kernel === undefined ? {} : { kernel: files.kernel }),
    disks: (domain.devices.disks ?? []).flatMap((disk) => diskOf(disk, files)),
    // One that is absent was unplugged.
    interfaces: (domain.devices.interfaces ?? [])
      .filter(({ state }) => state !== 'absent')
      .map((each) => interfaceOf(each, instance)),
    graphics: domain.devices.autoattachGraphicsDevice !== false,
    rng: domain.devices.rng !== undefined,
    panicDevice: (domain.devices.panicDevices ?? []).length > 0,
    onReboot: domain.rebootPolicy === 'Terminate' ? 'terminate' : 'restart',
    startPaused: instance.spec.startStrategy === 'Paused',
  }
}

function cpuOf(domain: Domain): LaunchPlan['cpu'] {
  const cpu = domain.cpu
  const model = cpu?.model ?? 'host-model'
  return {
    // Both mean "what this machine has", which under emulation is all that QEMU can do.
    model: model === 'host-model' || model === 'host-passthrough' ? 'host' : model,
    sockets: cpu?.sockets ?? 1,
    cores: cpu?.cores ?? 1,
    threads: cpu?.threads ?? 1,
  }
}

export function memoryBytesOf(domain: Domain): number {
  const text = domain.memory?.guest ?? domain.resources?.requests?.['memory'] ?? domain.resources?.limits?.['memory']
  return text === undefined ? fallbackMemoryBytes : Number(bytesOf(text))
}

function diskOf(disk: DomainDisk, files: LaunchFiles): Disk[] {
  const located = files.sources.get(disk.name)
  if (located === undefined) return []
  const isCdrom = disk.cdrom !== undefined
  const bus = disk.cdrom?.bus ?? disk.disk?.bus ?? disk.lun?.bus ?? 'sata'
  // A CD-ROM is read where it lies: no overlay that nobody can write to.
  const source =
    isCdrom && located.kind === 'overlay'
      ? { kind: 'file' as const, path: located.backingFile, format: located.backingFormat }
      : located
  return [
    {
      name: disk.name,
      device: isCdrom ? 'cdrom' : 'disk',
      bus: bus as Disk['bus'],
      readOnly: isCdrom || disk.disk?.readonly === true || disk.lun?.readonly === true,
      ...(disk.bootOrder === undefined ? {} : { bootOrder: disk.bootOrder }),
      ...(disk.serial === undefined ? {} : { serial: disk.serial }),
      ...(disk.cache === undefined ? {} : { cache: disk.cache as NonNullable<Disk['cache']> }),
      source,
    },
  ]
}

const interfaceModels: Readonly<Record<string, NetworkInterface['model']>> = {
  virtio: 'virtio-net',
  e1000: 'e1000',
  e1000e: 'e1000e',
  rtl8139: 'rtl8139',
}

function interfaceOf(each: DomainInterface, instance: VirtualMachineInstance): NetworkInterface {
  return {
    name: each.name,
    macAddress: (each.macAddress ?? derivedMacAddress(`${instance.metadata.namespace}/${instance.metadata.name}/${each.name}`))
      .toLowerCase()
      .replaceAll('-', ':'),
    model: interfaceModels[each.model ?? 'virtio'] ?? 'virtio-net',
    forwards: forwardsOf(each, instance),
    ...guestNetworkOf(each, instance),
  }
}

/** Every port that the interface declares is reachable on the loopback address, as masquerade forwards it to the guest. */
function forwardsOf(each: DomainInterface, instance: VirtualMachineInstance): PortForward[] {
  const wished = parseHostPorts(instance.metadata.annotations?.[hostPortsAnnotation])
  return (each.ports ?? []).map((port) => {
    const name = port.name ?? String(port.port)
    const wish = wished.get(name) ?? wished.get(String(port.port))
    return {
      name,
      protocol: port.protocol?.toUpperCase() === 'UDP' ? 'udp' : 'tcp',
      hostAddress: wish?.hostAddress ?? '127.0.0.1',
      hostPort: wish?.hostPort ?? 'any',
      guestPort: port.port,
    }
  })
}

/** A locally administered address that stays the same as long as the names do. FNV-1a over the names. */
export function derivedMacAddress(names: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(names)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  const octets = [0, 1, 2, 3].map((index) =>
    Number((hash >> BigInt(8 * index)) & 0xffn)
      .toString(16)
      .padStart(2, '0'),
  )
  return `02:5e:${octets.join(':')}`
}
