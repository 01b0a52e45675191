import type { IoK8sApiCoreV1EndpointPort, IoK8sApiCoreV1EndpointSubset } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  dnsLabelFinding,
  type FieldError,
  invalid,
  isIpAddress,
  notSupported,
  qualifiedNameFinding,
  type ResourceDefinition,
  required,
  specialIpFinding,
} from '../../meta/index.ts'
import { firstFew } from './first-few.ts'
import { portNumberErrors, portProtocols } from './network-port.ts'

export type EndpointSubset = IoK8sApiCoreV1EndpointSubset

/** Where a service leads to, in the form that came before EndpointSlices. */
export interface Endpoints extends ApiObject {
  subsets?: EndpointSubset[]
}

export const endpointsDefinition: ResourceDefinition<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  listKind: 'EndpointsList',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.Endpoints',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: true,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Endpoints',
      type: 'string',
      description: 'Addresses and ports of what is ready.',
      priority: 0,
      cell: ({ subsets = [] }) => (subsets.length === 0 ? '<none>' : firstFew(subsets.flatMap(textsOf))),
    },
    ageColumn,
  ],
  selectableFields: {},
  applyDefaults: ({ subsets = [] }) => {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ||= 'TCP'
  },
  validate: ({ subsets = [] }) => subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
}

function textsOf({ addresses = [], ports = [] }: EndpointSubset): string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip)
  return ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)))
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, field: string): FieldError[] {
  const lists = { addresses, notReadyAddresses }
  return [
    ...(addresses.length + notReadyAddresses.length === 0
      ? [required(`${field}.must specify \`addresses\` or \`notReadyAddresses\``)]
      : []),
    ...Object.entries(lists).flatMap(([name, list]) =>
      list.flatMap(({ ip, hostname = '' }, index) => validateAddress(`${field}.${name}[${index}]`, ip, hostname)),
    ),
    ...ports.flatMap((port, index) => validatePort(port, `${field}.ports[${index}]`, ports.length > 1)),
  ]
}

function validateAddress(field: string, ip: string, hostname: string): FieldError[] {
  const isAddress = isIpAddress(ip)
  const finding = isAddress ? specialIpFinding(ip) : 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
  const hostnameFinding = hostname === '' ? undefined : dnsLabelFinding(hostname)
  return [
    ...(finding === undefined ? [] : [invalid(`${field}.ip`, ip, finding)]),
    ...(hostnameFinding === undefined ? [] : [invalid(`${field}.hostname`, hostname, hostnameFinding)]),
  ]
}

function validatePort(
  { name = '', port, protocol = '', appProtocol }: IoK8sApiCoreV1EndpointPort,
  field: string,
  needsName: boolean,
): FieldError[] {
  const nameFinding = name === '' ? undefined : dnsLabelFinding(name)
  const protocolFinding = appProtocol === undefined ? undefined : qualifiedNameFinding(appProtocol)
  return [
    ...(name === '' && needsName ? [required(`${field}.name`)] : []),
    ...(nameFinding === undefined ? [] : [invalid(`${field}.name`, name, nameFinding)]),
    ...portNumberErrors(`${field}.port`, port),
    ...(portProtocols.includes(protocol) ? [] : [notSupported(`${field}.protocol`, protocol, portProtocols)]),
    ...(protocolFinding === undefined ? [] : [invalid(`${field}.appProtocol`, appProtocol, protocolFinding)]),
  ]
}
