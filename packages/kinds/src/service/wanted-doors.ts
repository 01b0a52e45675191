// Where a service is to be listened for, and whom each of these doors leads to. Pure.

import { isLoadBalancer, type Service, type ServicePort, wantsHealthPort } from '@sheaf/api'
import { selectsGuests, type Target } from './targets.ts'

export interface Guest {
  id: string
  guestPort: number
}

export interface Lead {
  guests: readonly Guest[]
  /** A client is led to the same guest again so long after it was last led there. */
  affinitySeconds?: number
  /** Only clients of these networks are let in. */
  sourceRanges?: readonly string[]
}

export interface WantedDoor {
  port: number
  /** The port of the service that it stands for; of a health check there is none. */
  servicePort?: number
  purpose: 'node' | 'load balancer' | 'health check'
  lead: Lead
}

/** Services that are reached from this machine's network; all others are only told of. */
export const isOpenedHere = ({ spec }: Service): boolean => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'

/** A load balancer of another class is somebody else's. */
export const isOwnLoadBalancer = (service: Service): boolean =>
  isLoadBalancer(service) && service.spec?.loadBalancerClass === undefined

export function wantedDoors(service: Service, targets: readonly Target[]): WantedDoor[] {
  if (!isOpenedHere(service) || !selectsGuests(service)) return []
  const ports = service.spec?.ports ?? []
  const healthPort = service.spec?.healthCheckNodePort
  return [
    ...(isOwnLoadBalancer(service) ? ports.map((port) => balancerDoor(port, service, targets)) : []),
    ...ports.flatMap((port) => nodeDoor(port, service, targets)),
    ...(wantsHealthPort(service) && healthPort ? [healthDoor(healthPort, targets)] : []),
  ]
}

function balancerDoor(port: ServicePort, service: Service, targets: readonly Target[]): WantedDoor {
  const ranges = service.spec?.loadBalancerSourceRanges ?? []
  return {
    port: port.port,
    servicePort: port.port,
    purpose: 'load balancer',
    lead: {
      ...leadOf(port, service, targets),
      ...(ranges.length === 0 ? {} : { sourceRanges: ranges.map((range) => range.trim()) }),
    },
  }
}

function nodeDoor(port: ServicePort, service: Service, targets: readonly Target[]): WantedDoor[] {
  if (!port.nodePort) return []
  return [{ port: port.nodePort, servicePort: port.port, purpose: 'node', lead: leadOf(port, service, targets) }]
}

/** Asked by whoever balances over several machines: it counts guests, whatever their ports. */
function healthDoor(port: number, targets: readonly Target[]): WantedDoor {
  const guests = targets.filter(({ isReady }) => isReady).map(({ id }) => ({ id, guestPort: 0 }))
  return { port, purpose: 'health check', lead: { guests } }
}

function leadOf({ port }: ServicePort, { spec }: Service, targets: readonly Target[]): Lead {
  const guests = targets.flatMap(({ id, isReady, guestPorts }) => {
    const guestPort = guestPorts.get(port)
    return isReady && guestPort !== undefined ? [{ id, guestPort }] : []
  })
  const seconds = spec?.sessionAffinity === 'ClientIP' ? spec.sessionAffinityConfig?.clientIP?.timeoutSeconds : undefined
  return { guests, ...(seconds === undefined ? {} : { affinitySeconds: seconds }) }
}
