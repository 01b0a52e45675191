import { describe, expect, it } from 'vitest'
import { findingsOf, machine, type RuleTable, withInterface } from './sample-machines.ts'

const interfaces = 'spec.domain.devices.interfaces'

const table: RuleTable = [
  [
    'an interface without network',
    machine({ domain: { devices: { interfaces: [{ name: 'x', bridge: {} }] } } }),
    `Invalid · ${interfaces}[0].name · ${interfaces}[0].name 'x' not found.`,
  ],
  [
    'a network without interface',
    machine({ networks: [{ name: 'x', pod: {} }] }),
    `Required · spec.networks[0].name · spec.networks[0].name 'x' not found.`,
  ],
  [
    'two networks of one name',
    machine({
      domain: { devices: { interfaces: [{ name: 'x', bridge: {} }] } },
      networks: [
        { name: 'x', pod: {} },
        { name: 'x', multus: { networkName: 'm' } },
      ],
    }),
    `Duplicate · spec.networks[1].name · Network with name "x" already exists, every network must have a unique name`,
  ],
  [
    'two interfaces on one network',
    machine({
      domain: {
        devices: {
          interfaces: [
            { name: 'x', bridge: {} },
            { name: 'x', bridge: {} },
          ],
        },
      },
      networks: [{ name: 'x', pod: {} }],
    }),
    `Duplicate · ${interfaces}[1].name · Only one interface can be connected to one specific network`,
  ],
  [
    'an interface without binding',
    withInterface({}),
    `Invalid · ${interfaces}[0] · logical n interface must have exactly one binding method or binding plugin`,
  ],
  [
    'masquerade beside the pod network',
    withInterface({ masquerade: {} }, { multus: { networkName: 'm' } }),
    `Invalid · ${interfaces}[0].name · Masquerade interface only implemented with pod network`,
  ],
  [
    'the gateway’s MAC address',
    withInterface({ masquerade: {}, macAddress: '02:00:00:00:00:00' }),
    `Invalid · ${interfaces}[0].macAddress · The requested MAC address is reserved for the in-pod bridge. Please choose another one.`,
  ],
  ['a network without type', withInterface({ bridge: {} }, {}), `Required · spec.networks[0] · should have a network type`],
  [
    'a network of two types',
    withInterface({ bridge: {} }, { pod: {}, multus: { networkName: 'm' } }),
    `Required · spec.networks[0] · should have only one network type`,
  ],
  [
    'multus without name',
    withInterface({ bridge: {} }, { multus: { networkName: '' } }),
    `Required · spec.networks[0] · CNI delegating plugin must have a networkName`,
  ],
  [
    'two pod networks',
    machine({
      domain: {
        devices: {
          interfaces: [
            { name: 'a', bridge: {} },
            { name: 'b', bridge: {} },
          ],
        },
      },
      networks: [
        { name: 'a', pod: {} },
        { name: 'b', pod: {} },
      ],
    }),
    `Duplicate · spec.interfaces · more than one interface is connected to a pod network in spec.interfaces`,
  ],
  [
    'a pod network beside a default one',
    machine({
      domain: {
        devices: {
          interfaces: [
            { name: 'a', bridge: {} },
            { name: 'b', bridge: {} },
          ],
        },
      },
      networks: [
        { name: 'a', pod: {} },
        { name: 'b', multus: { networkName: 'm', default: true } },
      ],
    }),
    `Invalid · spec.networks · Pod network cannot be defined when Multus default network is defined`,
  ],
  [
    'an interface name with a dot',
    machine({ domain: { devices: { interfaces: [{ name: 'a.b', bridge: {} }] } }, networks: [{ name: 'a.b', pod: {} }] }),
    `Invalid · ${interfaces}[0].name · Network interface name can only contain alphabetical characters, numbers, dashes (-) or underscores (_)`,
  ],
  [
    'a network card nobody knows',
    withInterface({ bridge: {}, model: 'tulip' }),
    `NotSupported · ${interfaces}[0].model · interface ${interfaces}[0].name uses model tulip that is not supported.`,
  ],
  [
    'a MAC address that is none',
    withInterface({ bridge: {}, macAddress: 'de:ad' }),
    `Invalid · ${interfaces}[0].macAddress · interface ${interfaces}[0].name has malformed MAC address (de:ad).`,
  ],
  [
    'a MAC address too long',
    withInterface({ bridge: {}, macAddress: '02:00:00:00:00:00:00:01' }),
    `Invalid · ${interfaces}[0].macAddress · interface ${interfaces}[0].name has too long MAC address (02:00:00:00:00:00:00:01).`,
  ],
  [
    'a PCI address that is none',
    withInterface({ bridge: {}, pciAddress: '1.2' }),
    `Invalid · ${interfaces}[0].pciAddress · interface ${interfaces}[0].name has malformed PCI address (1.2).`,
  ],
  [
    'port nought',
    withInterface({ masquerade: {}, ports: [{ port: 0 }] }),
    `Required · ${interfaces}[0].ports[0].port · Port field is mandatory.`,
  ],
  [
    'a port out of range',
    withInterface({ masquerade: {}, ports: [{ port: 70_000 }] }),
    `Invalid · ${interfaces}[0].ports[0].port · Port field must be in range 0 < x < 65536.`,
  ],
  [
    'a protocol nobody knows',
    withInterface({ masquerade: {}, ports: [{ port: 1, protocol: 'SCTP' }] }),
    `Invalid · ${interfaces}[0].ports[0].protocol · Unknown protocol, only TCP or UDP allowed`,
  ],
  [
    'two ports of one name',
    withInterface({
      masquerade: {},
      ports: [
        { port: 1, name: 'x' },
        { port: 2, name: 'x' },
      ],
    }),
    `Duplicate · ${interfaces}[0].ports[1].name · Duplicate name of the port: x`,
  ],
]

describe('a machine’s networks and interfaces', () => {
  it.each(table)('%s is refused in KubeVirt’s words', (_, spec, expected) => {
    expect(findingsOf(spec)).toEqual([expected])
  })
})
