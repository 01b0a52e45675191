import { describe, expect, it } from 'vitest'
import { agentLacks, freezeStatusOf, withAgentInterfaces } from './agent-status.ts'
import { sampleInstance } from '../sample-instance.ts'

const ofMachine = [
  { name: 'default', mac: '02:00:00:00:00:01', ipAddress: '10.0.2.15', ipAddresses: ['10.0.2.15'], infoSource: 'domain' },
]
const address = (text: string) =>
  ({ 'ip-address': text, 'ip-address-type': text.includes(':') ? 'ipv6' : 'ipv4', prefix: 24 }) as const
const told = [
  { name: 'lo', 'hardware-address': '00:00:00:00:00:00', 'ip-addresses': [address('127.0.0.1')] },
  {
    name: 'eth0',
    'hardware-address': '02:00:00:00:00:01',
    'ip-addresses': [address('fe80::1'), address('fd00::5'), address('10.0.2.15')],
  },
  { name: 'docker0', 'hardware-address': '02:42:00:00:00:01', 'ip-addresses': [address('172.17.0.1')] },
]

describe('VI88 interfaces', () => {
  it('have what the agent says of them, and those come after them that only the guest knows', () => {
    expect(withAgentInterfaces(ofMachine, told, undefined)).toEqual([
      {
        name: 'default',
        mac: '02:00:00:00:00:01',
        interfaceName: 'eth0',
        ipAddress: '10.0.2.15',
        ipAddresses: ['10.0.2.15', 'fd00::5'],
        infoSource: 'domain, guest-agent',
      },
      {
        mac: '02:42:00:00:00:01',
        interfaceName: 'docker0',
        ipAddress: '172.17.0.1',
        ipAddresses: ['172.17.0.1'],
        infoSource: 'guest-agent',
      },
    ])
  })

  it('stay as they were told until an agent is heard', () => {
    const before = withAgentInterfaces(ofMachine, told, undefined)
    expect(withAgentInterfaces(ofMachine, undefined, before)).toEqual(before)
    expect(withAgentInterfaces(ofMachine, undefined, undefined)).toEqual(ofMachine)
  })

  it('have no address when the guest has none, and are not many', () => {
    const [bare] = withAgentInterfaces(ofMachine, [{ name: 'eth0', 'hardware-address': '02:00:00:00:00:01' }], undefined)
    expect(bare).not.toHaveProperty('ipAddress')
    const many = Array.from({ length: 40 }, (_, index) => ({ name: `veth${index}`, 'hardware-address': `aa:${index}` }))
    expect(withAgentInterfaces(ofMachine, many, undefined)).toHaveLength(11)
  })
})

it('VI88 frozen filesystems are told, moving ones are not', () => {
  expect(freezeStatusOf({ freeze: 'frozen' }, undefined)).toBe('frozen')
  expect(freezeStatusOf({ freeze: 'thawed' }, 'frozen')).toBeUndefined()
  expect(freezeStatusOf({}, 'frozen')).toBe('frozen')
})

describe('VI89 an agent', () => {
  const basic = [
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
  ].map((name) => ({ name, enabled: true }))
  const source = { secret: { secretName: 'one' } }
  const withKeys = sampleInstance({
    spec: { accessCredentials: [{ sshPublicKey: { source, propagationMethod: { qemuGuestAgent: { users: ['me'] } } } }] },
  })
  const withPassword = sampleInstance({
    spec: { accessCredentials: [{ userPassword: { source, propagationMethod: { qemuGuestAgent: {} } } }] },
  })

  it('lacks what the spec needs and it does not do', () => {
    expect(agentLacks(sampleInstance(), basic)).toBeUndefined()
    expect(agentLacks(withKeys, basic)).toBe("This guest agent doesn't support required public key commands")
    expect(agentLacks(withPassword, basic)).toBe("This guest agent doesn't support required password commands")
    const able = [...basic, { name: 'guest-ssh-add-authorized-keys', enabled: true }]
    expect(agentLacks(withKeys, able)).toBeUndefined()
  })

  it('lacks what is forbidden to it', () => {
    const forbidden = basic.map((each) => ({ ...each, enabled: each.name !== 'guest-get-users' }))
    expect(agentLacks(sampleInstance(), forbidden)).toBe("This guest agent doesn't support required basic commands")
  })
})
