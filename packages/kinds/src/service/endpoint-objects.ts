// The EndpointSlices and the Endpoints of a service, from the guests that it leads to. Pure.

import { createHash } from 'node:crypto'
import {
  type Endpoint,
  type Endpoints,
  type EndpointSlice,
  type EndpointSlicePort,
  type EndpointSubset,
  managedByLabel,
  noClusterIp,
  type Service,
  serviceDefinition,
  serviceNameLabel,
} from '@sheaf/api'
import { apiVersionOf, type ObjectMeta, type OwnerReference } from '@sheaf/api/meta'
import type { Target } from './targets.ts'

/** Who keeps the slices of services that select guests. */
export const sliceKeeper = 'service-controller.sheaf.io'
const headlessLabel = 'service.kubernetes.io/headless'
/** As Kubernetes' controller: one guest's change is sent to everybody who watches its slice. */
const mostInSlice = 100
/** Enough that two sets of ports of one service do not meet. */
const hashLength = 8

/** Guests that are reached at the same ports. */
interface Group {
  ports: EndpointSlicePort[]
  targets: Target[]
}

/** By name. There is always one, so that whoever looks sees that somebody looks after it. */
export function slicesOf(service: Service, targets: readonly Target[], nodeName: string): EndpointSlice[] {
  return groupsOf(service, targets).flatMap(({ ports, targets: members }) => {
    const name = `${service.metadata.name}-${hashOf(ports)}`
    const pages = pagesOf(members.map((target) => endpointOf(target, nodeName, service)))
    return pages.map((endpoints, page) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: metadataOf(service, page === 0 ? name : `${name}-${page}`),
      addressType: 'IPv4',
      endpoints,
      ports,
    }))
  })
}

export function endpointsOf(service: Service, targets: readonly Target[], nodeName: string): Endpoints {
  // One that is on its way out is not told of as one that is to come.
  const told = targets.filter(({ isReady, isTerminating }) => isReady || !isTerminating)
  const groups = groupsOf(service, told).filter((group) => group.targets.length > 0)
  const { labels = {}, ...metadata } = metadataOf(service, service.metadata.name ?? '')
  const { [serviceNameLabel]: _named, [managedByLabel]: _kept, ...common } = labels
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, labels: common },
    ...(groups.length === 0 ? {} : { subsets: groups.map((group) => subsetOf(group, nodeName, service)) }),
  }
}

function groupsOf(service: Service, targets: readonly Target[]): Group[] {
  const groups = new Map<string, Group>()
  for (const target of targets) {
    const ports = portsOf(service, target.guestPorts)
    const identity = JSON.stringify(ports)
    const group = groups.get(identity) ?? { ports, targets: [] }
    groups.set(identity, group)
    group.targets.push(target)
  }
  return groups.size > 0 ? [...groups.values()] : [{ ports: portsOf(service, numberedPorts(service)), targets: [] }]
}

/** What is known without a guest. */
const numberedPorts = ({ spec }: Service): ReadonlyMap<number, number> =>
  new Map(
    (spec?.ports ?? []).flatMap(({ port, targetPort = port }) =>
      typeof targetPort === 'number' ? [[port, targetPort] as const] : [],
    ),
  )

function portsOf({ spec }: Service, guestPorts: ReadonlyMap<number, number>): EndpointSlicePort[] {
  return (spec?.ports ?? []).flatMap(({ port, name = '', protocol, appProtocol }) => {
    const guestPort = guestPorts.get(port)
    if (guestPort === undefined) return []
    const said = { name, port: guestPort, ...(protocol === undefined ? {} : { protocol }) }
    return [appProtocol === undefined ? said : { ...said, appProtocol }]
  })
}

function pagesOf(endpoints: readonly Endpoint[]): Endpoint[][] {
  const count = Math.max(1, Math.ceil(endpoints.length / mostInSlice))
  return Array.from({ length: count }, (_, page) => endpoints.slice(page * mostInSlice, (page + 1) * mostInSlice))
}

const referenceTo = ({ id, name }: Target, { metadata }: Service) => ({
  kind: 'VirtualMachineInstance',
  namespace: metadata.namespace ?? '',
  name,
  uid: id,
})

function endpointOf(target: Target, nodeName: string, service: Service): Endpoint {
  const { address, isReady, isServing, isTerminating } = target
  return {
    addresses: [address],
    conditions: { ready: isReady, serving: isServing, terminating: isTerminating },
    nodeName,
    targetRef: referenceTo(target, service),
  }
}

function subsetOf({ ports, targets }: Group, nodeName: string, service: Service): EndpointSubset {
  const addressOf = (target: Target) => ({ ip: target.address, nodeName, targetRef: referenceTo(target, service) })
  const ready = targets.filter(({ isReady }) => isReady).map(addressOf)
  const notReady = targets.filter(({ isReady }) => !isReady).map(addressOf)
  return {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ports: ports.map(({ name = '', port = 0, ...rest }) => ({ ...(name === '' ? {} : { name }), port, ...rest })),
  }
}

function metadataOf(service: Service, name: string): ObjectMeta {
  return {
    name,
    namespace: service.metadata.namespace ?? '',
    labels: {
      ...service.metadata.labels,
      ...(service.spec?.clusterIP === noClusterIp ? { [headlessLabel]: '' } : {}),
      [serviceNameLabel]: service.metadata.name ?? '',
      [managedByLabel]: sliceKeeper,
    },
    ownerReferences: [ownerOf(service)],
  }
}

function ownerOf({ metadata }: Service): OwnerReference {
  return {
    apiVersion: apiVersionOf(serviceDefinition),
    kind: serviceDefinition.kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

const hashOf = (ports: readonly EndpointSlicePort[]): string =>
  createHash('sha256').update(JSON.stringify(ports)).digest('hex').slice(0, hashLength)
