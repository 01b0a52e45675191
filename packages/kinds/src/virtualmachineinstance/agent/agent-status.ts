// What the agent tells of its guest, as the instance's status has it. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { AgentCommands } from '@sheaf/qemu'
import type { AgentFacts } from '../guest-watch/findings.ts'

type Status = NonNullable<VirtualMachineInstance['status']>
type Interface = NonNullable<Status['interfaces']>[number]
type AgentInterface = AgentCommands['guest-network-get-interfaces']['gives'][number]

/** Bridges and tunnels in a guest can be many; the status is written on each change. KubeVirt's limit. */
const mostGuestOnlyInterfaces = 10
const bothSources = 'domain, guest-agent'
const agentSource = 'guest-agent'

/**
 * The interfaces that the machine has, with what the agent says of them, then those that only the guest knows. Until the
 * agent is heard, what was told of it before still stands.
 */
export function withAgentInterfaces(
  ofMachine: readonly Interface[],
  told: AgentFacts['interfaces'],
  before: Status['interfaces'],
): Interface[] {
  const seen = told === undefined ? toldBefore(before) : told.filter(({ name }) => name !== 'lo').map(asInterface)
  const macs = new Set(ofMachine.map(({ mac }) => mac))
  return [
    ...ofMachine.map((each) =>
      merged(
        each,
        seen.find(({ mac }) => mac === each.mac),
      ),
    ),
    ...seen.filter(({ mac }) => !macs.has(mac)).slice(0, mostGuestOnlyInterfaces),
  ]
}

function toldBefore(before: Status['interfaces']): Interface[] {
  return (before ?? [])
    .filter(({ infoSource }) => infoSource === bothSources || infoSource === agentSource)
    .map(({ mac, interfaceName, ipAddresses }) => ofAgent(interfaceName ?? '', mac, ipAddresses ?? []))
}

function asInterface({ name, 'hardware-address': mac, 'ip-addresses': addresses = [] }: AgentInterface): Interface {
  // IPv4 first: the first address is the one that tables show.
  const inOrder = addresses.toSorted((one, other) => one['ip-address-type'].localeCompare(other['ip-address-type']))
  return ofAgent(
    name,
    mac?.toLowerCase(),
    inOrder.map((each) => each['ip-address']),
  )
}

function ofAgent(interfaceName: string, mac: string | undefined, ipAddresses: string[]): Interface {
  return {
    ...(mac === undefined ? {} : { mac }),
    interfaceName,
    ...(ipAddresses[0] === undefined ? {} : { ipAddress: ipAddresses[0], ipAddresses }),
    infoSource: agentSource,
  }
}

/** The address by which the guest is reached stays first; a guest that has no address at all is reached by none. */
function merged(ofMachine: Interface, ofAgent: Interface | undefined): Interface {
  if (ofAgent === undefined) return ofMachine
  const { ipAddress: _, ipAddresses = [], ...rest } = ofMachine
  const told = (ofAgent.ipAddresses ?? []).filter((address) => !isLinkLocal(address))
  const addresses = told.length === 0 ? [] : [...new Set([...ipAddresses, ...told])]
  return {
    ...rest,
    interfaceName: ofAgent.interfaceName ?? '',
    ...(addresses[0] === undefined ? {} : { ipAddress: addresses[0], ipAddresses: addresses }),
    infoSource: bothSources,
  }
}

/** Behind the address translation nobody reaches these. */
const isLinkLocal = (address: string): boolean => /^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(address)

/** Absent while the guest's filesystems move. */
export function freezeStatusOf({ freeze }: AgentFacts, before: string | undefined): string | undefined {
  if (freeze === undefined) return before
  return freeze === 'thawed' ? undefined : freeze
}

const basicCommands = [
  'guest-ping',
  'guest-get-time',
  'guest-info',
  'guest-shutdown',
  'guest-network-get-interfaces',
  'guest-get-fsinfo',
  'guest-get-host-name',
  'guest-get-users',
  'guest-get-timezone',
  'guest-get-osinfo',
]
const keyCommands = ['guest-ssh-add-authorized-keys']
const passwordCommands = ['guest-set-user-password']

/** In KubeVirt's words, which stand in the condition's reason; undefined when the agent can do all that is needed. */
export function agentLacks(instance: VirtualMachineInstance, commands: NonNullable<AgentFacts['commands']>): string | undefined {
  const enabled = new Set(commands.filter((each) => each.enabled).map(({ name }) => name))
  const lacks = (needed: readonly string[]): boolean => needed.some((name) => !enabled.has(name))
  const credentials = instance.spec.accessCredentials ?? []
  const setsKeys = credentials.some((each) => each.sshPublicKey?.propagationMethod.qemuGuestAgent !== undefined)
  const setsPasswords = credentials.some((each) => each.userPassword?.propagationMethod.qemuGuestAgent !== undefined)
  if (lacks(basicCommands)) return "This guest agent doesn't support required basic commands"
  if (setsKeys && lacks(keyCommands)) return "This guest agent doesn't support required public key commands"
  if (setsPasswords && lacks(passwordCommands)) return "This guest agent doesn't support required password commands"
  return undefined
}
