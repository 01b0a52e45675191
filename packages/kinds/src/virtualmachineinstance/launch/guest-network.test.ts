import type { VirtualMachineInstance } from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { networkRefusal, untoldNameServers } from './guest-network.ts'
import { launchPlanOf } from './launch-plan.ts'
import { sampleInstance } from '../sample-instance.ts'

type Spec = VirtualMachineInstance['spec']
type Interface = NonNullable<Spec['domain']['devices']['interfaces']>[number]

const instanceWith = (pod: object, each: Partial<Interface> = { masquerade: {} }, spec: Partial<Spec> = {}) =>
  sampleInstance({
    spec: { domain: { devices: { interfaces: [{ name: 'n', ...each }] } }, networks: [{ name: 'n', pod }], ...spec },
  })
const interfacesOf = (instance: VirtualMachineInstance) =>
  launchPlanOf(instance, { sources: new Map(), kernel: undefined }).interfaces
const planned = (...given: Parameters<typeof instanceWith>) => interfacesOf(instanceWith(...given))[0]

describe('VI68 the network that a guest sees', () => {
  it('is QEMU’s own unless it is described, and tells the guest its name', () => {
    expect(planned({})).toMatchObject({ dhcp: { hostname: 'demo' } })
    expect(planned({})).not.toHaveProperty('subnet')
    expect(planned({}, { masquerade: {} }, { hostname: 'db' })?.dhcp?.hostname).toBe('db')
  })

  it('has the addresses of its CIDR: the first is the gateway, the second the guest', () => {
    const subnet = { cidr: '10.11.12.0/24', gateway: '10.11.12.1', guest: '10.11.12.2', nameServer: '10.11.12.3' }
    expect(planned({ vmNetworkCIDR: '10.11.12.0/24' })?.subnet).toEqual(subnet)
    expect(planned({ vmNetworkCIDR: '10.11.12.77/24' })?.subnet).toEqual(subnet)
    expect(planned({ vmNetworkCIDR: '192.168.255.248/29' })?.subnet?.guest).toBe('192.168.255.250')
    expect(planned({ vmIPv6NetworkCIDR: 'fd10:0:2::/64' })?.ipv6Subnet).toBe('fd10:0:2::/64')
  })

  it('is not the guest’s own where its address is said to be the pod’s', () => {
    expect(planned({ vmNetworkCIDR: '10.11.12.0/24' }, { bridge: {} })).not.toHaveProperty('subnet')
  })

  it('tells searches, domain, the name server that is asked for, and where to boot from', () => {
    const dhcpOptions = { bootFileName: 'pxelinux.0', tftpServerName: 'boot.example' }
    const spec: Partial<Spec> = {
      subdomain: 'office',
      dnsPolicy: 'None' as never,
      dnsConfig: { nameservers: ['2001:db8::53', '192.0.2.53', '192.0.2.54'], searches: ['example.com'] },
    }
    expect(planned({}, { masquerade: {}, dhcpOptions }, spec)?.dhcp).toEqual({
      hostname: 'demo',
      domain: 'office.default.svc.cluster.local',
      searches: ['example.com'],
      nameServer: '192.0.2.53',
      bootFile: 'pxelinux.0',
      tftpServer: 'boot.example',
    })
  })

  it('whoever asks for more name servers than can be told is warned', () => {
    const specOf = (dnsPolicy: NonNullable<Spec['dnsPolicy']>, ...nameservers: string[]): Spec => ({
      ...instanceWith({}).spec,
      dnsPolicy,
      dnsConfig: { nameservers },
    })
    expect(untoldNameServers('spec', specOf('None' as never, '192.0.2.53'))).toEqual([])
    expect(untoldNameServers('spec', specOf('None' as never, '192.0.2.53', '192.0.2.54'))).toEqual([
      'spec.dnsConfig.nameservers: guests are told one name server, 192.0.2.53; not told: 192.0.2.54',
    ])
    expect(untoldNameServers('spec', specOf('ClusterFirst' as never, '192.0.2.53'))[0]).toMatch(
      /unless dnsPolicy is None; not told: 192/,
    )
  })

  it.each([
    [{ vmNetworkCIDR: '10.11.12.0' }, /vmNetworkCIDR: invalid CIDR address: 10.11.12.0/],
    [{ vmNetworkCIDR: '10.11.12.0/33' }, /invalid CIDR address/],
    [{ vmNetworkCIDR: '10.11.12.0/30' }, /no room .* give \/29 or wider/],
    [{ vmIPv6NetworkCIDR: '10.0.0.0/8' }, /vmIPv6NetworkCIDR: invalid CIDR address/],
    [{ vmIPv6NetworkCIDR: 'fd10::/127' }, /give \/126 or wider/],
  ])('that cannot be is told: %j', (pod, message) => {
    expect(networkRefusal(instanceWith(pod))).toMatchObject({
      condition: 'Synchronized',
      message: expect.stringMatching(message),
    })
  })

  it('without a name server that can be told is told', () => {
    const spec: Partial<Spec> = { dnsPolicy: 'None' as never, dnsConfig: { nameservers: ['2001:db8::53'] } }
    expect(networkRefusal(instanceWith({}, { masquerade: {} }, spec))?.message).toMatch(/no IPv4 address/)
    expect(networkRefusal(instanceWith({}))).toBeUndefined()
  })
})

describe('VI69 an interface', () => {
  it('that is down is there with its cable out; one that is absent is not there', () => {
    expect(planned({}, { masquerade: {}, state: 'down' })).toMatchObject({ link: 'down' })
    expect(planned({}, { masquerade: {}, state: 'up' })).not.toHaveProperty('link')
    expect(interfacesOf(instanceWith({}, { bridge: {}, state: 'absent' }))).toEqual([])
  })
})
