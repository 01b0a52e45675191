import type { IoK8sApiDiscoveryV1Endpoint, IoK8sApiDiscoveryV1EndpointPort } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { firstFew } from '../../core/v1/first-few.ts'
import { portProtocols } from '../../core/v1/network-port.ts'
import {
  type ApiObject,
  ageColumn,
  dnsLabelFinding,
  dnsSubdomainFinding,
  duplicate,
  type FieldError,
  invalid,
  isIpv4,
  isIpv6,
  notSupported,
  qualifiedNameFinding,
  type ResourceDefinition,
  required,
  specialIpFinding,
  tooMany,
} from '../../meta/index.ts'

export type Endpoint = IoK8sApiDiscoveryV1Endpoint
export type EndpointSlicePort = IoK8sApiDiscoveryV1EndpointPort

/** Some of the places that a service leads to, all at the same ports. */
export interface EndpointSlice extends ApiObject {
  addressType: string
  endpoints: Endpoint[]
  ports?: EndpointSlicePort[]
}

/** Whose endpoints they are. */
export const serviceNameLabel = 'kubernetes.io/service-name'
/** Who keeps them. */
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'

export const endpointSliceDefinition: ResourceDefinition<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  listKind: 'EndpointSliceList',
  plural: 'endpointslices',
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.discovery.v1.EndpointSlice',
  origin: 'native',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: true,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    column('AddressType', 'What the addresses are.', ({ addressType }) => addressType),
    column('Ports', 'At which ports each of them is reached.', ({ ports }) => firstFew((ports ?? []).map(portText)) || '<unset>'),
    column(
      'Endpoints',
      'The addresses.',
      ({ endpoints }) => firstFew((endpoints ?? []).flatMap(({ addresses }) => addresses)) || '<unset>',
    ),
    ageColumn,
  ],
  selectableFields: {},
  applyDefaults: (slice) => {
    slice.endpoints ??= []
    for (const port of slice.ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  validate: (slice, old) => [
    ...validateAddressType(slice, old),
    ...validateEndpoints(slice),
    ...validatePorts(slice.ports ?? []),
  ],
}

function column(name: string, description: string, cell: (slice: EndpointSlice) => string) {
  return { name, type: 'string', description, priority: 0, cell } as const
}

const portText = ({ name, port }: EndpointSlicePort): string => (port === undefined ? name || '*' : String(port))

const addressTypes = ['FQDN', 'IPv4', 'IPv6']
/** Kubernetes' limits. */
const mostEndpoints = 1000
const mostAddresses = 100
const mostPorts = 20_000

function validateAddressType({ addressType }: EndpointSlice, old: EndpointSlice | undefined): FieldError[] {
  if (!addressTypes.includes(addressType))
    return addressType ? [notSupported('addressType', addressType, addressTypes)] : [required('addressType')]
  return old === undefined || old.addressType === addressType ? [] : [invalid('addressType', addressType, 'field is immutable')]
}

function validateEndpoints({ endpoints, addressType }: EndpointSlice): FieldError[] {
  if (endpoints.length > mostEndpoints) return [tooMany('endpoints', endpoints.length, mostEndpoints)]
  return endpoints.flatMap(({ addresses, hostname }, index) => {
    const field = `endpoints[${index}]`
    const hostnameFinding = hostname === undefined ? undefined : dnsLabelFinding(hostname)
    return [
      ...(addresses.length === 0 ? [required(`${field}.addresses`, 'must contain at least 1 address')] : []),
      ...(addresses.length > mostAddresses ? [tooMany(`${field}.addresses`, addresses.length, mostAddresses)] : []),
      ...addresses.flatMap((address, at) => {
        const finding = addressFinding(addressType, address)
        return finding === undefined ? [] : [invalid(`${field}.addresses[${at}]`, address, finding)]
      }),
      ...(hostnameFinding === undefined ? [] : [invalid(`${field}.hostname`, hostname, hostnameFinding)]),
    ]
  })
}

function addressFinding(addressType: string, address: string): string | undefined {
  switch (addressType) {
    case 'IPv4':
      return isIpv4(address) ? specialIpFinding(address) : 'must be a valid IPv4 address'
    case 'IPv6':
      return isIpv6(address) ? specialIpFinding(address) : 'must be a valid IPv6 address'
    default:
      return dnsSubdomainFinding(address)
  }
}

function validatePorts(ports: readonly EndpointSlicePort[]): FieldError[] {
  if (ports.length > mostPorts) return [tooMany('ports', ports.length, mostPorts)]
  const names = new Set<string>()
  return ports.flatMap(({ name = '', protocol = '', appProtocol }, index) => {
    const field = `ports[${index}]`
    const nameFinding = name === '' ? undefined : dnsLabelFinding(name)
    const protocolFinding = appProtocol === undefined ? undefined : qualifiedNameFinding(appProtocol)
    const isTwice = names.has(name)
    names.add(name)
    return [
      ...(nameFinding === undefined ? [] : [invalid(`${field}.name`, name, nameFinding)]),
      ...(isTwice ? [duplicate(`${field}.name`, name)] : []),
      ...(portProtocols.includes(protocol) ? [] : [notSupported(`${field}.protocol`, protocol, portProtocols)]),
      ...(protocolFinding === undefined ? [] : [invalid(`${field}.appProtocol`, appProtocol, protocolFinding)]),
    ]
  })
}
