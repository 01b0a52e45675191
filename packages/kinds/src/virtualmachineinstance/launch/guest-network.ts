// The network that a guest sees, as its spec describes it: QEMU's user-mode network is told so. Pure.

import { isIPv4, isIPv6 } from 'node:net'
import type { VirtualMachineInstance } from '@sheaf/api'
import type { NetworkInterface, Subnet } from '@sheaf/qemu'
import { guestHostname } from '../../guest-hostname.ts'
import { type Refusal, refuse } from '../refusal.ts'

type Spec = VirtualMachineInstance['spec']
type DomainInterface = NonNullable<Spec['domain']['devices']['interfaces']>[number]

/** The gateway, the guest, QEMU's name server, and the two addresses that are nobody's. */
const mostPrefixBits = 29
/** QEMU takes none longer. */
const mostIpv6PrefixBits = 126

/** What the interface's part of a launch plan says of its network. */
export function guestNetworkOf(
  { dhcpOptions, masquerade, name, state }: DomainInterface,
  { metadata, spec }: VirtualMachineInstance,
): Pick<NetworkInterface, 'dhcp' | 'ipv6Subnet' | 'link' | 'subnet'> {
  const pod = spec.networks?.find((network) => network.name === name)?.pod
  // Only where the guest hides behind the pod's address has it a network of its own.
  const hasOwn = masquerade !== undefined
  const subnet = hasOwn && pod?.vmNetworkCIDR ? subnetOf(pod.vmNetworkCIDR) : undefined
  const nameServer = nameServerOf(spec)
  const searches = spec.dnsConfig?.searches ?? []
  return {
    ...(state === 'down' ? { link: 'down' as const } : {}),
    ...(subnet === undefined ? {} : { subnet }),
    ...(hasOwn && pod?.vmIPv6NetworkCIDR ? { ipv6Subnet: pod.vmIPv6NetworkCIDR } : {}),
    dhcp: {
      hostname: guestHostname({ metadata, spec } as VirtualMachineInstance),
      ...(spec.subdomain ? { domain: `${spec.subdomain}.${metadata.namespace}.svc.cluster.local` } : {}),
      ...(searches.length === 0 ? {} : { searches }),
      ...(nameServer === undefined ? {} : { nameServer }),
      ...(dhcpOptions?.bootFileName ? { bootFile: dhcpOptions.bootFileName } : {}),
      ...(dhcpOptions?.tftpServerName ? { tftpServer: dhcpOptions.tftpServerName } : {}),
    },
  }
}

/** KubeVirt's addresses: the network's first is the gateway, its second the guest's. Undefined for what is none. */
function subnetOf(cidr: string): Subnet | undefined {
  const [address = '', bits = ''] = cidr.split('/')
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const first = number - (number % 2 ** (32 - Number(bits)))
  const at = (offset: number): string => [24, 16, 8, 0].map((shift) => Math.floor((first + offset) / 2 ** shift) % 256).join('.')
  return { cidr: `${at(0)}/${Number(bits)}`, gateway: at(1), guest: at(2), nameServer: at(3) }
}

/** With any other policy the machine's own resolver answers first, and only one can be told. */
function nameServerOf({ dnsConfig, dnsPolicy }: Spec): string | undefined {
  return dnsPolicy === 'None' ? dnsConfig?.nameservers?.find((each) => isIPv4(each)) : undefined
}

/** Why there can be no such network; undefined when there can. */
export function networkRefusal({ spec }: VirtualMachineInstance): Refusal | undefined {
  const why = (spec.networks ?? []).map(({ pod }) => podProblem(pod ?? {})).find((problem) => problem !== undefined)
  const problem = why ?? (spec.dnsPolicy === 'None' && nameServerOf(spec) === undefined ? noNameServer : undefined)
  return problem === undefined ? undefined : refuse('Synchronized', 'FailedCreate', problem)
}

const noNameServer = 'dnsConfig.nameservers has no IPv4 address: the network tells guests a name server by IPv4 only'

function podProblem(pod: { vmNetworkCIDR?: string; vmIPv6NetworkCIDR?: string }): string | undefined {
  const { vmIPv6NetworkCIDR: ipv6, vmNetworkCIDR: ipv4 } = pod
  if (ipv4) {
    const subnet = subnetOf(ipv4)
    if (subnet === undefined) return `vmNetworkCIDR: invalid CIDR address: ${ipv4}`
    if (Number(subnet.cidr.split('/')[1]) > mostPrefixBits)
      return `vmNetworkCIDR: ${ipv4} has no room for a gateway, a guest and a name server: give /${mostPrefixBits} or wider`
  }
  if (!ipv6) return undefined
  const [address = '', bits = ''] = ipv6.split('/')
  if (!isIPv6(address) || !/^\d{1,3}$/.test(bits)) return `vmIPv6NetworkCIDR: invalid CIDR address: ${ipv6}`
  return Number(bits) > mostIpv6PrefixBits
    ? `vmIPv6NetworkCIDR: ${ipv6} has no room for a gateway and a guest: give /${mostIpv6PrefixBits} or wider`
    : undefined
}

/** What cannot be told to the guest in full, for whoever writes it. `path` is where the spec stands. */
export function untoldNameServers(path: string, spec: Spec): string[] {
  const told = nameServerOf(spec)
  const untold = (spec.dnsConfig?.nameservers ?? []).filter((each) => each !== told)
  if (untold.length === 0) return []
  const instead = told === undefined ? "this machine's own resolver, unless dnsPolicy is None" : told
  return [`${path}.dnsConfig.nameservers: guests are told one name server, ${instead}; not told: ${untold.join(', ')}`]
}
