// The plan's interfaces on user-mode networks, which need no root.

import type { LaunchPlan, NetworkInterface } from '../launch-plan.ts'
import { option } from './option.ts'
import { pciPlace, virtioDevice } from './virtio.ts'

/** A forward of the plan with the port that it really has. */
export interface ChosenForward {
  name: string
  protocol: 'tcp' | 'udp'
  hostAddress: string
  hostPort: number
  guestPort: number
}

/** `forwards` holds the chosen port of every forward of the plan, found by its name. */
export function networkArguments(plan: LaunchPlan, forwards: readonly ChosenForward[]): string[] {
  const hostPorts = new Map(forwards.map((forward) => [forward.name, forward.hostPort]))
  return plan.interfaces.flatMap((each) => [
    '-netdev',
    [userNetwork(each), ...hostForwards(each, hostPorts)].join(','),
    '-device',
    option(deviceModel(plan, each), {
      id: interfaceId(each),
      netdev: networkId(each),
      mac: each.macAddress,
      bootindex: each.bootOrder,
      ...pciPlace(each.pciAddress),
      'acpi-index': each.acpiIndex,
      // Without its boot ROM the firmware does not spend time looking for a network to boot from.
      romfile: plan.machine === 'microvm' || each.bootOrder !== undefined ? undefined : '',
    }),
  ])
}

/** Whatever the guest is told about its network: QEMU answers its DHCP. */
function userNetwork(each: NetworkInterface): string {
  const { dhcp, ipv6Subnet, subnet } = each
  const network = option('user', {
    id: networkId(each),
    ipv6: ipv6Subnet !== undefined,
    'ipv6-net': ipv6Subnet,
    net: subnet?.cidr,
    host: subnet?.gateway,
    dhcpstart: subnet?.guest,
    dns: dhcp?.nameServer ?? subnet?.nameServer,
    hostname: dhcp?.hostname,
    domainname: dhcp?.domain,
    bootfile: dhcp?.bootFile,
    'tftp-server-name': dhcp?.tftpServer,
  })
  return [network, ...(dhcp?.searches ?? []).map((dnssearch) => option('', { dnssearch }))].join(',')
}

/** By which QEMU's monitor knows the interface itself. */
export const interfaceId = ({ name }: Pick<NetworkInterface, 'name'>): string => `nic-${name}`

/** By which QEMU's monitor knows the network of an interface. */
export const networkId = ({ name }: Pick<NetworkInterface, 'name'>): string => `net-${name}`

function hostForwards(each: NetworkInterface, hostPorts: ReadonlyMap<string, number>): string[] {
  return each.forwards.map((forward) => {
    const hostPort = hostPorts.get(forward.name)
    if (hostPort === undefined) throw new Error(`no port was chosen for the forward ${forward.name}`)
    return `hostfwd=${hostForwardRule({ ...forward, hostPort })}`
  })
}

/** QEMU's notation of a forward; it is also how QEMU names one that it could not set up. */
export function hostForwardRule(forward: ChosenForward): string {
  return `${forward.protocol}:${forward.hostAddress}:${forward.hostPort}-:${forward.guestPort}`
}

function deviceModel(plan: LaunchPlan, each: NetworkInterface): string {
  return each.model === 'virtio-net' ? virtioDevice(plan, 'virtio-net') : each.model
}
