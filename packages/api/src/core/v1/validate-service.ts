// What a Service may say: Kubernetes' rules in Kubernetes' words, and what one machine cannot do. Pure.

import {
  dnsLabelFinding,
  dnsSubdomainFinding,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  isCidr,
  isIpAddress,
  labelValueFinding,
  notSupported,
  qualifiedNameFinding,
  required,
} from '../../meta/index.ts'
import { portNameFinding, portNumberErrors, portProtocols } from './network-port.ts'
import { isExternalName, isLoadBalancer, noClusterIp, type Service, type ServicePort, wantsHealthPort } from './service-spec.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const sessionAffinities = ['ClientIP', 'None']
const trafficPolicies = ['Cluster', 'Local']
const ipFamilyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
/** As in Kubernetes: a day. */
const mostAffinitySeconds = 86_400
/** Kubernetes keeps this one for itself wherever there is a load balancer. */
const kubeletPort = 10_250

export function validateService(service: Service, old: Service | undefined): FieldError[] {
  return [
    ...validateChange(service, old),
    ...validateType(service),
    ...validatePorts(service),
    ...validateSelector(service),
    ...validateAffinity(service),
    ...validateAddresses(service),
    ...validateLoadBalancing(service),
    ...validatePolicies(service),
    ...validateStatus(service),
  ]
}

/** What Kubernetes warns of, as far as it is accepted here. */
export function serviceWarnings(service: Service): string[] {
  const isStray = !isExternalName(service) && (service.spec?.externalName ?? '') !== ''
  return isStray ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []
}

const oneOf = (field: string, value: string | undefined, known: readonly string[]): FieldError[] =>
  value === undefined || value === '' || known.includes(value) ? [] : [notSupported(field, value, known)]

const found = (field: string, value: string, finding: string | undefined): FieldError[] =>
  finding === undefined ? [] : [invalid(field, value, finding)]

function validateType(service: Service): FieldError[] {
  const { type, externalName = '', ports = [], clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec ?? {}
  if (!isExternalName(service)) return oneOf('spec.type', type, types)
  const stray = (field: string): FieldError => forbidden(field, 'may not be set for ExternalName services')
  const name = externalName.replace(/\.$/, '')
  return [
    ...(clusterIPs.length > 0 ? [stray('spec.clusterIPs')] : []),
    ...(ipFamilies.length > 0 ? [stray('spec.ipFamilies')] : []),
    ...(ipFamilyPolicy === undefined ? [] : [stray('spec.ipFamilyPolicy')]),
    ...(name === '' ? [required('spec.externalName')] : found('spec.externalName', name, dnsSubdomainFinding(name))),
    ...ports.flatMap(({ nodePort }, index) =>
      nodePort ? [forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ExternalName'")] : [],
    ),
  ]
}

function validatePorts(service: Service): FieldError[] {
  const { type, ports = [] } = service.spec ?? {}
  // What has no address of its own, which is every ClusterIP service here, is told of without ports too.
  const isListening = type === 'NodePort' || type === 'LoadBalancer'
  const missing = isListening && ports.length === 0 ? [required('spec.ports')] : []
  return [...missing, ...ports.flatMap((port, index) => validatePort(port, index, service)), ...validateTwice(ports)]
}

function validatePort(port: ServicePort, index: number, service: Service): FieldError[] {
  const field = `spec.ports[${index}]`
  const { name = '', protocol = '', targetPort = 0, nodePort, appProtocol } = port
  const isOne = (service.spec?.ports ?? []).length === 1
  return [
    ...(name === '' ? (isOne ? [] : [required(`${field}.name`)]) : found(`${field}.name`, name, dnsLabelFinding(name))),
    ...portNumberErrors(`${field}.port`, port.port),
    ...oneOf(`${field}.protocol`, protocol, portProtocols),
    ...(typeof targetPort === 'number'
      ? portNumberErrors(`${field}.targetPort`, targetPort)
      : found(`${field}.targetPort`, targetPort, portNameFinding(targetPort))),
    ...(appProtocol === undefined ? [] : found(`${field}.appProtocol`, appProtocol, qualifiedNameFinding(appProtocol))),
    ...(nodePort && service.spec?.type === 'ClusterIP'
      ? [forbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'")]
      : []),
    ...validateListener(port, field, service),
  ]
}

/** What this machine would have to listen for. */
function validateListener({ port, protocol = '' }: ServicePort, field: string, service: Service): FieldError[] {
  const { type } = service.spec ?? {}
  if (type !== 'NodePort' && type !== 'LoadBalancer') return []
  const onlyTcp = `a service of type ${type} listens for TCP here; for ${protocol}, declare the port on the machine's interface, which forwards it`
  const isForeign = protocol !== 'TCP' && portProtocols.includes(protocol)
  return [
    ...(isForeign ? [invalid(`${field}.protocol`, protocol, onlyTcp)] : []),
    ...(type === 'LoadBalancer' && port === kubeletPort
      ? [invalid(field, port, `may not expose port ${kubeletPort} externally since it is used by kubelet`)]
      : []),
  ]
}

function validateTwice(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>()
  const isTwice = (identity: string): boolean => seen.has(identity) || !seen.add(identity)
  return ports.flatMap(({ name = '', port, protocol, nodePort }, index) => {
    const field = `spec.ports[${index}]`
    return [
      ...(name !== '' && isTwice(`name ${name}`) ? [duplicate(`${field}.name`, name)] : []),
      ...(nodePort && isTwice(`node ${protocol} ${nodePort}`) ? [duplicate(`${field}.nodePort`, nodePort)] : []),
      ...(isTwice(`port ${protocol} ${port}`) ? [duplicate(field, { port, protocol })] : []),
    ]
  })
}

function validateSelector({ spec }: Service): FieldError[] {
  return Object.entries(spec?.selector ?? {}).flatMap(([key, value]) => [
    ...found('spec.selector', key, qualifiedNameFinding(key)),
    ...found('spec.selector', value, labelValueFinding(value)),
  ])
}

function validateAffinity({ spec }: Service): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec?.sessionAffinity, sessionAffinities)
  const seconds = spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (seconds === undefined || (seconds > 0 && seconds <= mostAffinitySeconds)) return errors
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds'
  return [...errors, invalid(field, seconds, `must be greater than 0 and less than ${mostAffinitySeconds}`)]
}

const noClusterNetwork = 'there is no network of a cluster on one machine: leave it away, or set clusterIP to None'
const noOtherAddresses =
  'this machine takes no connections for addresses of others; --service-address of sheaf serve says on which of its own services listen'

function validateAddresses(service: Service): FieldError[] {
  const { clusterIP = '', clusterIPs = [], externalIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec ?? {}
  const external = externalIPs.length === 0 ? [] : [forbidden('spec.externalIPs', noOtherAddresses)]
  if (isExternalName(service)) return external
  const address = clusterIPs.find((each) => each !== noClusterIp)
  return [
    ...external,
    ...(clusterIP === '' && clusterIPs.length > 0
      ? [invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified')]
      : []),
    ...(clusterIP !== '' && clusterIPs[0] !== clusterIP
      ? [invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`')]
      : []),
    ...(address === undefined
      ? []
      : [invalid('spec.clusterIPs', clusterIPs, `failed to allocate IP ${address}: ${noClusterNetwork}`)]),
    ...(address === undefined && clusterIPs.length > 1
      ? [invalid('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")]
      : []),
    ...ipFamilies.flatMap((family, index) => (family === 'IPv4' ? [] : familyErrors(`spec.ipFamilies[${index}]`, family))),
    ...(new Set(ipFamilies).size === ipFamilies.length ? [] : [duplicate('spec.ipFamilies[1]', ipFamilies[1])]),
    ...oneOf('spec.ipFamilyPolicy', ipFamilyPolicy, ipFamilyPolicies),
    ...(ipFamilyPolicy === 'RequireDualStack'
      ? [invalid('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
  ]
}

const familyErrors = (field: string, family: string): FieldError[] =>
  family === 'IPv6' ? [invalid(field, family, 'not configured on this cluster')] : [notSupported(field, family, ['IPv4', 'IPv6'])]

function validateLoadBalancing(service: Service): FieldError[] {
  const { loadBalancerSourceRanges = [], allocateLoadBalancerNodePorts, loadBalancerClass } = service.spec ?? {}
  const stray = (field: string): FieldError => forbidden(field, "may only be used when `type` is 'LoadBalancer'")
  // Kubernetes writes this one large.
  const ranges = 'spec.LoadBalancerSourceRanges'
  const badRanges = loadBalancerSourceRanges.flatMap((range, index) =>
    isCidr(range.trim())
      ? []
      : [invalid(`${ranges}[${index}]`, range.trim(), 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')],
  )
  if (isLoadBalancer(service))
    return [
      ...badRanges,
      ...(loadBalancerClass === undefined
        ? []
        : found('spec.loadBalancerClass', loadBalancerClass, qualifiedNameFinding(loadBalancerClass))),
    ]
  return [
    ...(loadBalancerSourceRanges.length > 0 ? [stray(ranges)] : []),
    ...badRanges,
    ...(allocateLoadBalancerNodePorts === undefined ? [] : [stray('spec.allocateLoadBalancerNodePorts')]),
    ...(loadBalancerClass === undefined ? [] : [stray('spec.loadBalancerClass')]),
  ]
}

function validatePolicies(service: Service): FieldError[] {
  const { type, externalTrafficPolicy, healthCheckNodePort, internalTrafficPolicy, trafficDistribution } = service.spec ?? {}
  const isReachable = type === 'NodePort' || type === 'LoadBalancer'
  const onlyLocal = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [
    ...(isReachable
      ? oneOf('spec.externalTrafficPolicy', externalTrafficPolicy, trafficPolicies)
      : externalTrafficPolicy
        ? [invalid('spec.externalTrafficPolicy', externalTrafficPolicy, 'may only be set for externally-accessible services')]
        : []),
    ...(healthCheckNodePort && !wantsHealthPort(service)
      ? [invalid('spec.healthCheckNodePort', healthCheckNodePort, onlyLocal)]
      : []),
    ...oneOf('spec.internalTrafficPolicy', internalTrafficPolicy, trafficPolicies),
    ...oneOf('spec.trafficDistribution', trafficDistribution, ['PreferClose']),
  ]
}

function validateChange(service: Service, old: Service | undefined): FieldError[] {
  if (old === undefined || !isLoadBalancer(service) || !isLoadBalancer(old)) return []
  const { loadBalancerClass, healthCheckNodePort } = service.spec ?? {}
  const isHealthPortMoved =
    wantsHealthPort(service) && wantsHealthPort(old) && healthCheckNodePort !== old.spec?.healthCheckNodePort
  return [
    ...(loadBalancerClass === old.spec?.loadBalancerClass
      ? []
      : [invalid('spec.loadBalancerClass', loadBalancerClass, 'may not change once set')]),
    ...(isHealthPortMoved ? [forbidden('spec.healthCheckNodePort', 'field is immutable')] : []),
  ]
}

function validateStatus({ status }: Service): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
    const field = `status.loadBalancer.ingress[${index}]`
    const address = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    return [
      ...(ip && !isIpAddress(ip) ? [invalid(`${field}.ip`, ip, address)] : []),
      ...(hostname ? found(`${field}.hostname`, hostname, dnsSubdomainFinding(hostname)) : []),
    ]
  })
}
