import { macvtapRule, passtRule, slirpRule } from '../../../deprecation/rules/devices.ts'
import type { FieldError } from '../../../meta/index.ts'
import type { Interface } from '../virtual-machine-instance-spec.ts'
import { isPciAddress } from './pci-address.ts'
import { countSet, duplicate, invalid, notSupported, required, type SpecRule, when } from './rule.ts'

const models = ['e1000', 'e1000e', 'igb', 'ne2k_pci', 'pcnet', 'rtl8139', 'virtio']
const states = ['absent', 'down', 'up']

/** The bridge that masquerading guests see as their gateway. */
const gatewayMac = '02:00:00:00:00:00'

const macPattern =
  /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+$|^[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2})+$|^[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4})+$/

export const validateInterfaces: SpecRule = (path, spec, policy) => {
  const onPodNetwork = new Set((spec.networks ?? []).filter(({ pod }) => pod !== undefined).map(({ name }) => name))
  return (spec.domain.devices.interfaces ?? []).flatMap((each, index) => {
    const at = `${path}.domain.devices.interfaces[${index}]`
    const isOnPodNetwork = onPodNetwork.has(each.name)
    return [
      ...validateState(at, each),
      ...validateBinding(at, each, isOnPodNetwork, policy.bridgeOnPodNetwork),
      ...validateFields(at, each),
      ...(isOnPodNetwork ? validatePorts(at, each.ports ?? []) : []),
    ]
  })
}

function validateState(at: string, { bridge, name, state = '' }: Interface): FieldError[] {
  return [
    ...when(state !== '' && !states.includes(state), () =>
      invalid(`${at}.state`, `logical ${name} interface state value is unsupported: ${state}`),
    ),
    ...when(state === 'absent' && bridge === undefined, () =>
      invalid(`${at}.state`, `"${name}" interface's state "${state}" is supported only for bridge binding`),
    ),
  ]
}

function validateBinding(at: string, each: Interface, isOnPodNetwork: boolean, mayBridge: boolean): FieldError[] {
  const bindings = countSet(each.bridge, each.masquerade, each.sriov, each.passtBinding, each.binding)
  const masquerades = each.masquerade !== undefined
  return [
    ...when(bindings !== 1, () =>
      invalid(at, `logical ${each.name} interface must have exactly one binding method or binding plugin`),
    ),
    ...when(masquerades && !isOnPodNetwork, () =>
      invalid(`${at}.name`, 'Masquerade interface only implemented with pod network'),
    ),
    ...when(masquerades && each.macAddress === gatewayMac, () =>
      invalid(`${at}.macAddress`, 'The requested MAC address is reserved for the in-pod bridge. Please choose another one.'),
    ),
    ...when(each.bridge !== undefined && isOnPodNetwork && !mayBridge, () =>
      invalid(`${at}.name`, 'Bridge on pod network configuration is not enabled under kubevirt-config'),
    ),
  ]
}

function validateFields(at: string, { macAddress, model, name, pciAddress }: Interface): FieldError[] {
  return [
    ...when(!/^[A-Za-z0-9-_]+$/.test(name), () =>
      invalid(
        `${at}.name`,
        'Network interface name can only contain alphabetical characters, numbers, dashes (-) or underscores (_)',
      ),
    ),
    ...when(Boolean(model) && !models.includes(model ?? ''), () =>
      notSupported(`${at}.model`, `interface ${at}.name uses model ${model} that is not supported.`),
    ),
    ...validateMac(at, macAddress ?? ''),
    ...when(Boolean(pciAddress) && !isPciAddress(pciAddress ?? ''), () =>
      invalid(`${at}.pciAddress`, `interface ${at}.name has malformed PCI address (${pciAddress}).`),
    ),
  ]
}

function validateMac(at: string, mac: string): FieldError[] {
  if (mac === '') return []
  const field = `${at}.macAddress`
  const octets = mac.replaceAll(/[^0-9A-Fa-f]/g, '').length / 2
  // As Go reads one: 6, 8 or 20 bytes.
  if (!macPattern.test(mac) || ![6, 8, 20].includes(octets)) {
    return [invalid(field, `interface ${at}.name has malformed MAC address (${mac}).`)]
  }
  return when(octets > 6, () => invalid(field, `interface ${at}.name has too long MAC address (${mac}).`))
}

function validatePorts(at: string, ports: NonNullable<Interface['ports']>): FieldError[] {
  return ports.flatMap(({ name = '', port, protocol = '' }, index) => {
    const field = `${at}.ports[${index}]`
    return [
      ...when(name !== '' && ports.findIndex((each) => each.name === name) < index, () =>
        duplicate(`${field}.name`, `Duplicate name of the port: ${name}`),
      ),
      ...when(name !== '' && !isPortName(name), () => invalid(`${field}.name`, `Invalid name of the port: ${name}`)),
      ...when(port === 0, () => required(`${field}.port`, 'Port field is mandatory.')),
      ...when(port < 0 || port >= 65_536, () => invalid(`${field}.port`, 'Port field must be in range 0 < x < 65536.')),
      ...when(!['', 'TCP', 'UDP'].includes(protocol), () =>
        invalid(`${field}.protocol`, 'Unknown protocol, only TCP or UDP allowed'),
      ),
    ]
  })
}

/** IANA's service names: short, with a letter, and single dashes inside. */
function isPortName(name: string): boolean {
  return name.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name)
}

/** On creation only, so that machines from before KubeVirt 1.3 can still be changed. */
export const validateDiscontinuedBindings: SpecRule = (path, { domain }) =>
  (domain.devices.interfaces ?? []).flatMap((each, index) => {
    const at = `${path}.domain.devices.interfaces[${index}]`
    return [
      ...when(each.slirp !== undefined, () => invalid(`${at}.slirp`, slirpRule.says)),
      ...when(each.passt !== undefined, () => invalid(`${at}.passt`, passtRule.says)),
      ...when(each.macvtap !== undefined, () => invalid(`${at}.macvtap`, macvtapRule.says)),
    ]
  })
