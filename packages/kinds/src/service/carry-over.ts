// What an update takes over from the service as it is stored: ports that it was given and does not name, and no field that
// only its former type had. As Kubernetes, which goes to great lengths to understand what is meant. Pure.

import { isExternalName, isLoadBalancer, type Service, wantsHealthPort, wantsNodePorts } from '@sheaf/api'
import { sameJson } from '@sheaf/api/meta'

/** Changes `service` in place. */
export function carryOver(service: Service, old: Service): void {
  const spec = (service.spec ??= {})
  const before = old.spec ?? {}
  keepNodePorts(service, old)
  if (wantsHealthPort(service) && wantsHealthPort(old)) spec.healthCheckNodePort ||= before.healthCheckNodePort ?? 0
  if (isExternalName(service) && !isExternalName(old))
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) dropUnchanged(service, old, field)
  if (!wantsHealthPort(service) && wantsHealthPort(old)) dropUnchanged(service, old, 'healthCheckNodePort')
  if (!isLoadBalancer(service) && isLoadBalancer(old)) {
    dropUnchanged(service, old, 'allocateLoadBalancerNodePorts')
    dropUnchanged(service, old, 'loadBalancerClass')
  }
  if (spec.type !== 'NodePort' && !isLoadBalancer(service)) dropUnchanged(service, old, 'externalTrafficPolicy')
  if (!isLoadBalancer(service) && service.status?.loadBalancer !== undefined) {
    const { loadBalancer: _gone, ...status } = service.status
    service.status = status
  }
}

function keepNodePorts(service: Service, old: Service): void {
  const ports = service.spec?.ports ?? []
  const before = old.spec?.ports ?? []
  if (wantsNodePorts(service) && wantsNodePorts(old)) {
    const named = new Set(ports.map(({ nodePort }) => nodePort))
    for (const port of ports) {
      const own = before.find(({ name = '' }) => name === (port.name ?? ''))?.nodePort
      if (port.nodePort === undefined && own !== undefined && !named.has(own)) port.nodePort = own
    }
  }
  const portsOf = (list: typeof ports) => list.flatMap(({ nodePort }) => nodePort ?? []).toSorted((one, other) => one - other)
  if (!wantsNodePorts(service) && wantsNodePorts(old) && sameJson(portsOf(ports), portsOf(before)))
    for (const port of ports) delete port.nodePort
}

function dropUnchanged(service: Service, old: Service, field: keyof NonNullable<Service['spec']>): void {
  if (service.spec !== undefined && sameJson(service.spec[field], old.spec?.[field])) delete service.spec[field]
}
