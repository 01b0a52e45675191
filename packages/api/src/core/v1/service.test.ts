// docs/spec/service.md: what may be written of a Service, Endpoints and EndpointSlices without looking at anything else.

import { expect, test } from 'vitest'
import { type EndpointSlice, endpointSliceDefinition } from '../../discovery.k8s.io/v1/endpoint-slice.ts'
import { fieldErrorText } from '../../meta/index.ts'
import { type Endpoints, endpointsDefinition } from './endpoints.ts'
import { serviceDefinition } from './service.ts'
import type { Service, ServiceSpec } from './service-spec.ts'

const port = { name: 'http', port: 80 }

function service(spec: ServiceSpec, more: Partial<Service> = {}): Service {
  const made: Service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec, ...more }
  serviceDefinition.applyDefaults?.(made)
  return made
}

const problemsOf = (spec: ServiceSpec, old?: ServiceSpec): string[] =>
  (serviceDefinition.validate?.(service(spec), old && service(old)) ?? []).map(fieldErrorText)

test('SV2 what nobody says is filled in, and no address in a network of a cluster is made up', () => {
  expect(service({ ports: [{ port: 80 }] }).spec).toEqual({
    type: 'ClusterIP',
    clusterIP: 'None',
    clusterIPs: ['None'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  })
  expect(service({ type: 'LoadBalancer', ports: [], sessionAffinity: 'ClientIP' }).spec).toMatchObject({
    clusterIP: 'None',
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
  })
  expect(service({ type: 'ExternalName', externalName: 'a.example' }).spec).toEqual({
    type: 'ExternalName',
    externalName: 'a.example',
    sessionAffinity: 'None',
  })
})

test.each<[string, ServiceSpec]>([
  ['a service that only tells of guests', { selector: { app: 'web' }, ports: [port] }],
  ['one without ports', { selector: { app: 'web' }, clusterIP: 'None' }],
  [
    'a node port that may be None as well, as it is told',
    { type: 'NodePort', clusterIP: 'None', ports: [{ ...port, nodePort: 30_080 }] },
  ],
  ['any protocol where nobody listens', { ports: [{ port: 53, protocol: 'UDP' }] }],
  [
    'one port for two protocols',
    {
      ports: [
        { name: 'a', port: 53 },
        { name: 'b', port: 53, protocol: 'UDP' },
      ],
    },
  ],
  ['a name for a port of the guest', { ports: [{ port: 80, targetPort: 'http-alt' }] }],
  ['a name elsewhere', { type: 'ExternalName', externalName: 'db.example.org.' }],
  ['networks of clients', { type: 'LoadBalancer', ports: [port], loadBalancerSourceRanges: [' 10.0.0.0/8', 'fd00::/8'] }],
])('SV1 %s is accepted', (_what, spec) => {
  expect(problemsOf(spec)).toEqual([])
})

test.each<[ServiceSpec, string | RegExp]>([
  [{ type: 'NodePort' }, 'spec.ports: Required value'],
  [
    { type: 'Other', ports: [port] },
    'spec.type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [{ ports: [{ port: 0, targetPort: 80 }] }, 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
  [{ ports: [{ port: 1 }, { name: 'b', port: 2 }] }, 'spec.ports[0].name: Required value'],
  [
    {
      ports: [
        { name: 'a', port: 1 },
        { name: 'a', port: 2 },
      ],
    },
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    {
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 1 },
      ],
    },
    'spec.ports[1]: Duplicate value: map[string]interface {}{"port":1, "protocol":"TCP"}',
  ],
  [{ ports: [{ name: 'A', port: 1 }] }, /^spec\.ports\[0\]\.name: Invalid value: "A": a lowercase RFC 1123 label/],
  [
    { ports: [{ port: 1, protocol: 'ICMP' }] },
    'spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    { ports: [{ port: 1, targetPort: 70_000 }] },
    'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    { ports: [{ port: 1, targetPort: 'a--b' }] },
    'spec.ports[0].targetPort: Invalid value: "a--b": must not contain consecutive hyphens',
  ],
  [
    { ports: [{ port: 1, targetPort: '80' }] },
    'spec.ports[0].targetPort: Invalid value: "80": must contain at least one letter (a-z)',
  ],
  [{ ports: [{ port: 1, nodePort: 30_000 }] }, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  [
    {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 1, nodePort: 30_000 },
        { name: 'b', port: 2, nodePort: 30_000 },
      ],
    },
    'spec.ports[1].nodePort: Duplicate value: 30000',
  ],
  [{ ports: [port], selector: { 'a/b/c': 'x' } }, /^spec\.selector: Invalid value: "a\/b\/c": a qualified name/],
  [
    { ports: [port], sessionAffinity: 'Cookie' },
    'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
  ],
  [
    { ports: [port], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400',
  ],
  [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
  [
    { type: 'ExternalName', externalName: 'a', clusterIPs: ['None'] },
    'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
  ],
  [
    { ports: [port], loadBalancerSourceRanges: ['10.0.0.0/8'] },
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    { type: 'LoadBalancer', ports: [port], loadBalancerSourceRanges: ['10.0.0.0'] },
    'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    { type: 'LoadBalancer', ports: [{ port: 10_250 }] },
    'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
  ],
  [
    { ports: [port], externalTrafficPolicy: 'Local' },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    { type: 'NodePort', ports: [port], healthCheckNodePort: 30_001 },
    "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
  ],
])('SV1 %j is refused in the words of Kubernetes', (spec, problem) => {
  expect(problemsOf(spec)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
})

test.each<[ServiceSpec, RegExp]>([
  [
    { clusterIP: '10.96.0.10', ports: [port] },
    /^spec\.clusterIPs: Invalid value: \[\]interface \{\}\{"10\.96\.0\.10"\}: failed to allocate IP 10\.96\.0\.10: there is no network of a cluster on one machine: leave it away/,
  ],
  [{ clusterIP: 'None', clusterIPs: ['None', 'None'], ports: [port] }, /'None' must be the first and only value/],
  [{ externalIPs: ['192.0.2.1'], ports: [port] }, /^spec\.externalIPs: Forbidden: .*--service-address/],
  [{ ipFamilies: ['IPv6'], ports: [port] }, /^spec\.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster/],
  [{ ipFamilyPolicy: 'RequireDualStack', ports: [port] }, /this cluster is not configured for dual-stack services/],
])('SV2 %j asks for what one machine has not', (spec, problem) => {
  expect(problemsOf(spec)).toEqual([expect.stringMatching(problem)])
})

test('SV3 what would be listened for is TCP', () => {
  for (const type of ['NodePort', 'LoadBalancer'])
    expect(problemsOf({ type, ports: [{ port: 53, protocol: 'UDP' }] })).toEqual([
      `spec.ports[0].protocol: Invalid value: "UDP": a service of type ${type} listens for TCP here; for UDP, declare the port on the machine's interface, which forwards it`,
    ])
})

test('SV5 what somebody else relies on does not change', () => {
  const balancer: ServiceSpec = { type: 'LoadBalancer', ports: [port], loadBalancerClass: 'example.org/a' }
  expect(problemsOf({ ...balancer, loadBalancerClass: 'example.org/b' }, balancer)).toEqual([
    'spec.loadBalancerClass: Invalid value: "example.org/b": may not change once set',
  ])
  const local: ServiceSpec = { type: 'LoadBalancer', ports: [port], externalTrafficPolicy: 'Local', healthCheckNodePort: 30_001 }
  expect(problemsOf({ ...local, healthCheckNodePort: 30_002 }, local)).toEqual([
    'spec.healthCheckNodePort: Forbidden: field is immutable',
  ])
})

test('SV6 the columns are those that kubectl shows of a Service', () => {
  const cellsOf = (each: Service) => serviceDefinition.columns.filter(({ name }) => name !== 'Age').map(({ cell }) => cell(each))
  const ports = [
    { ...port, nodePort: 30_080 },
    { name: 'ssh', port: 22 },
  ]
  const told = { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } }
  expect(cellsOf(service({ ports, selector: { b: '2', a: '1' } }))).toEqual([
    'ClusterIP',
    'None',
    '<none>',
    '80:30080/TCP,22/TCP',
    'a=1,b=2',
  ])
  expect(cellsOf(service({ type: 'LoadBalancer', ports: [port] }))).toEqual([
    'LoadBalancer',
    'None',
    '<pending>',
    '80/TCP',
    '<none>',
  ])
  expect(cellsOf(service({ type: 'LoadBalancer', ports: [port] }, { status: told }))[2]).toBe('192.0.2.7')
  expect(cellsOf(service({ type: 'ExternalName', externalName: 'a.example' }))).toEqual([
    'ExternalName',
    '<none>',
    'a.example',
    '<none>',
    '<none>',
  ])
})

const endpoints = (subsets: Endpoints['subsets']): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'web', namespace: 'default' },
  ...(subsets === undefined ? {} : { subsets }),
})

const slice = (more: Partial<EndpointSlice>): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'default' },
  addressType: 'IPv4',
  endpoints: [],
  ...more,
})

test('SV15 Endpoints and EndpointSlices obey the rules of Kubernetes', () => {
  const findings = (each: Endpoints) => {
    endpointsDefinition.applyDefaults?.(each)
    return (endpointsDefinition.validate?.(each, undefined) ?? []).map(fieldErrorText)
  }
  expect(findings(endpoints([{ addresses: [{ ip: '10.0.2.15' }], ports: [{ port: 80 }] }]))).toEqual([])
  expect(findings(endpoints([{ addresses: [{ ip: '127.0.0.1' }, { ip: 'x' }], ports: [{ port: 0 }] }]))).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[0].addresses[1].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  ])
  const sliceFindings = (each: EndpointSlice, old?: EndpointSlice) => {
    endpointSliceDefinition.applyDefaults?.(each)
    return (endpointSliceDefinition.validate?.(each, old) ?? []).map(fieldErrorText)
  }
  expect(sliceFindings(slice({ endpoints: [{ addresses: ['10.0.2.15'] }], ports: [{ port: 80 }] }))).toEqual([])
  expect(sliceFindings(slice({ addressType: 'IPv6' }), slice({}))).toEqual([
    'addressType: Invalid value: "IPv6": field is immutable',
  ])
  expect(sliceFindings(slice({ endpoints: [{ addresses: [] }, { addresses: ['::1'] }], ports: [{}, {}] }))).toEqual([
    'endpoints[0].addresses: Required value: must contain at least 1 address',
    'endpoints[1].addresses[0]: Invalid value: "::1": must be a valid IPv4 address',
    'ports[1].name: Duplicate value: ""',
  ])
})
