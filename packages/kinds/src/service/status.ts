// What a service says of itself: whether it is listened for, and where a load balancer is reached. Pure.

import { isLoadBalancer, listeningCondition, type Service, type ServiceStatus } from '@sheaf/api'
import { type Condition, withCondition, withoutCondition } from '@sheaf/api/meta'
import type { DoorSight } from './doors.ts'
import { selectsGuests } from './targets.ts'
import { isOpenedHere } from './wanted-doors.ts'

export interface ServiceSight {
  sights: readonly DoorSight[]
  /** Where it listens. */
  address: string
  /** Where others find that. */
  reachedAt: string
  /** RFC 3339. */
  now: string
}

export function statusOf(service: Service, sight: ServiceSight): ServiceStatus {
  const said = listening(service, sight)
  const before = service.status?.conditions
  const conditions =
    said === undefined
      ? withoutCondition(before, listeningCondition)
      : withCondition(before, { ...said, lastTransitionTime: sight.now })
  return {
    ...(conditions.length === 0 ? {} : { conditions }),
    loadBalancer: isLoadBalancer(service) ? balancerOf(sight) : {},
  }
}

function listening(service: Service, { sights, address }: ServiceSight): Condition | undefined {
  if (!isOpenedHere(service)) return undefined
  const type = listeningCondition
  if (!selectsGuests(service)) {
    const message =
      'the service has no selector, and only guests are led to: give it one that the labels of virtual machines match'
    return { type, status: 'False', reason: 'NoSelector', message }
  }
  const problems = new Map(sights.flatMap(({ problem }) => (problem === undefined ? [] : [[problem.message, problem.reason]])))
  const [reason] = problems.values()
  if (reason !== undefined) return { type, status: 'False', reason, message: [...problems.keys()].join('; ') }
  const ports = [...new Set(sights.map(({ door }) => door.port))].toSorted((a, b) => a - b)
  return { type, status: 'True', reason: 'Listening', message: `${address} is listened at on ${portsText(ports)}` }
}

const portsText = (ports: readonly number[]): string => (ports.length === 1 ? `port ${ports[0]}` : `ports ${ports.join(', ')}`)

/** An address only where somebody listens at it; what of its ports fails is told, as the API has a place for that. */
function balancerOf({ sights, reachedAt }: ServiceSight): NonNullable<ServiceStatus['loadBalancer']> {
  const own = sights.filter(({ door }) => door.purpose === 'load balancer')
  if (own.every(({ problem }) => problem !== undefined)) return {}
  const ports = own.map(({ door, problem }) => ({
    port: door.port,
    protocol: 'TCP',
    ...(problem === undefined ? {} : { error: `sheaf.io/${problem.reason}` }),
  }))
  return { ingress: [{ ip: reachedAt, ipMode: 'Proxy', ports }] }
}
