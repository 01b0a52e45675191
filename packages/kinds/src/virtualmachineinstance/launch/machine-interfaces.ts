// The interfaces of a machine: from what the spec says of each to what QEMU is to do. Pure.

import { hostPortsAnnotation, parseHostPorts, type VirtualMachineInstance } from '@sheaf/api'
import type { NetworkInterface, PortForward } from '@sheaf/qemu'
import { guestNetworkOf } from './guest-network.ts'

type DomainInterface = NonNullable<VirtualMachineInstance['spec']['domain']['devices']['interfaces']>[number]

const models: Readonly<Record<string, NetworkInterface['model']>> = {
  virtio: 'virtio-net',
  e1000: 'e1000',
  e1000e: 'e1000e',
  igb: 'igb',
  ne2k_pci: 'ne2k_pci',
  pcnet: 'pcnet',
  rtl8139: 'rtl8139',
}

/** One that is to be absent is left out. */
export function interfacesOf(instance: VirtualMachineInstance): NetworkInterface[] {
  const wanted = instance.spec.domain.devices.interfaces ?? []
  return wanted.filter(({ state }) => state !== 'absent').map((each) => interfaceOf(each, instance))
}

function interfaceOf(each: DomainInterface, instance: VirtualMachineInstance): NetworkInterface {
  return {
    name: each.name,
    macAddress: (each.macAddress ?? derivedMacAddress(`${instance.metadata.namespace}/${instance.metadata.name}/${each.name}`))
      .toLowerCase()
      .replaceAll('-', ':'),
    model: models[each.model || 'virtio'] ?? 'virtio-net',
    forwards: forwardsOf(each, instance),
    ...(each.bootOrder === undefined ? {} : { bootOrder: each.bootOrder }),
    ...guestNetworkOf(each, instance),
    ...(each.pciAddress ? { pciAddress: each.pciAddress } : {}),
    ...(each.acpiIndex === undefined ? {} : { acpiIndex: each.acpiIndex }),
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
