// What a Service says that nobody said, as in Kubernetes; but no address in a network of a cluster. Pure.

import { noClusterIp, type Service, type ServiceSpec } from './service-spec.ts'

/** As in Kubernetes: three hours. */
const usualAffinitySeconds = 10_800

export function applyServiceDefaults(service: Service): void {
  const spec = (service.spec ??= {})
  spec.type ||= 'ClusterIP'
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: usualAffinitySeconds } }
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    port.targetPort ||= port.port
    // As Kubernetes, which does not tell zero from absent.
    if (port.nodePort === 0) delete port.nodePort
  }
  if (spec.type !== 'ExternalName') applyNetworkDefaults(spec)
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ||= 'Cluster'
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
  }
}

function applyNetworkDefaults(spec: ServiceSpec): void {
  spec.internalTrafficPolicy ||= 'Cluster'
  if (!spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIP = noClusterIp
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
  if (!spec.ipFamilies?.length) spec.ipFamilies = ['IPv4']
  spec.ipFamilyPolicy ||= 'SingleStack'
}
