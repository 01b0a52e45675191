// Keeps for each service what tells of it and what leads to it: its endpoints, its open ports, its status. All of it follows
// from the service and the guests as they are now.

import {
  type Endpoints,
  type EndpointSlice,
  endpointsDefinition,
  endpointSliceDefinition,
  listeningCondition,
  managedByLabel,
  type Service,
  serviceDefinition,
  serviceNameLabel,
  type VirtualMachineInstance,
} from '@sheaf/api'
import type { ResourceClient } from '@sheaf/api/client'
import {
  type ApiObject,
  controllerOf,
  findCondition,
  isAlreadyExists,
  isBeingDeleted,
  isNotFound,
  keyOf,
  keyText,
  type ObjectKey,
  sameJson,
  StatusError,
  timestamp,
} from '@sheaf/api/meta'
import { after, done, type Informer, type Result } from '@sheaf/machinery/controller'
import type { Doors, DoorSight } from './doors.ts'
import { endpointsOf, sliceKeeper, slicesOf } from './endpoint-objects.ts'
import type { ServicePorts } from './ports.ts'
import { statusOf } from './status.ts'
import { selectsGuests, type Target, targetsOf } from './targets.ts'
import { wantedDoors } from './wanted-doors.ts'

export interface ServiceWorld {
  ports: ServicePorts
  doors: Doors
  instances: Informer<VirtualMachineInstance>
}

/** Whoever has a port that is wanted here may let it go at any time, and tells nobody. */
const tryAgainMs = 1_000

export async function reconcileService(key: ObjectKey, { ports, doors, instances }: ServiceWorld): Promise<Result> {
  const service = await ports.client.resource<Service>(serviceDefinition).find(key)
  if (service === undefined || isBeingDeleted(service)) {
    // What tells of it goes by the garbage collector, as it belongs to it, and must not come back meanwhile.
    await doors.ensure(keyText(key), [])
    return done
  }
  const targets = targetsOf(service, instances.list(key.namespace))
  const sights = await doors.ensure(keyText(key), wantedDoors(service, targets))
  await keepSlices(service, targets, ports)
  await keepEndpoints(service, targets, ports)
  await report(service, sights, ports)
  return sights.every(({ problem }) => problem === undefined) ? done : after(tryAgainMs)
}

async function keepSlices(service: Service, targets: readonly Target[], { client, nodeName }: ServicePorts): Promise<void> {
  const slices = client.resource<EndpointSlice>(endpointSliceDefinition)
  const { namespace = '', name = '' } = service.metadata
  const labelSelector = `${serviceNameLabel}=${name},${managedByLabel}=${sliceKeeper}`
  const { items } = await slices.list({ namespace, labelSelector })
  const present = new Map(items.map((slice) => [slice.metadata.name, slice]))
  const wanted = selectsGuests(service) ? slicesOf(service, targets, nodeName) : []
  for (const slice of wanted) {
    await put(slices, slice, present.get(slice.metadata.name))
    present.delete(slice.metadata.name)
  }
  for (const slice of present.values()) await remove(slices, slice)
}

/** Those of a service without a selector are somebody else's. */
async function keepEndpoints(service: Service, targets: readonly Target[], { client, nodeName }: ServicePorts): Promise<void> {
  const endpoints = client.resource<Endpoints>(endpointsDefinition)
  const present = await endpoints.find(keyOf(service))
  if (selectsGuests(service)) return put(endpoints, endpointsOf(service, targets, nodeName), present)
  if (present !== undefined && controllerOf(present)?.uid === service.metadata.uid) await remove(endpoints, present)
}

/** Writes it unless it is so already. */
async function put<T extends ApiObject>(objects: ResourceClient<T>, wanted: T, present: T | undefined): Promise<void> {
  if (present === undefined) {
    try {
      await objects.create(wanted)
    } catch (error) {
      // Somebody made one meanwhile: it is seen, and looked at. Nothing comes into a namespace that goes, as the service does.
      if (!isAlreadyExists(error) && !isOfGoingNamespace(error)) throw error
    }
    return
  }
  const { labels, ownerReferences } = wanted.metadata
  const next = { ...present, ...wanted, metadata: { ...present.metadata, labels, ownerReferences } }
  if (!('subsets' in wanted)) delete (next as { subsets?: unknown }).subsets
  if (!sameJson(next, present)) await objects.update(next)
}

const isOfGoingNamespace = (error: unknown): boolean =>
  error instanceof StatusError && error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true

async function remove<T extends ApiObject>(objects: ResourceClient<T>, object: T): Promise<void> {
  try {
    await objects.delete(keyOf(object))
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function report(service: Service, sights: readonly DoorSight[], ports: ServicePorts): Promise<void> {
  const { client, clock, serviceListening, events } = ports
  const { address } = serviceListening
  const status = statusOf(service, { sights, address, reachedAt: serviceListening.reachedAt(), now: timestamp(clock) })
  if (sameJson(status, service.status ?? {})) return
  await client.resource<Service>(serviceDefinition).updateStatus({ ...service, status })
  const [before, now] = [service.status, status].map((each) => findCondition(each?.conditions, listeningCondition))
  if (now === undefined || (now.reason === before?.reason && now.message === before?.message)) return
  const type = now.status === 'True' ? 'Normal' : 'Warning'
  const reason = now.status === 'True' ? 'Listening' : 'ListenFailed'
  events.record(service, { type, reason, message: now.message ?? '' })
}
