// The Kind Service, and the controller that leads to the guests that each service selects.

import {
  type Endpoints,
  type EndpointSlice,
  endpointsDefinition,
  endpointSliceDefinition,
  managedByLabel,
  type Service,
  serviceDefinition,
  serviceNameLabel,
  type VirtualMachineInstance,
} from '@sheaf/api'
import { keyOf, type ObjectKey } from '@sheaf/api/meta'
import {
  type Controller,
  type Informer,
  mappedObjects,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { serviceAdmission } from './admission.ts'
import { createDoors } from './doors.ts'
import { sliceKeeper } from './endpoint-objects.ts'
import { createNodePorts } from './node-ports.ts'
import type { ServicePorts } from './ports.ts'
import { reconcileService } from './reconciler.ts'
import { isSelected, selectsGuests } from './targets.ts'

export * from './ports.ts'

export function serviceKind({ client, clock, random }: Pick<Ports, 'client' | 'clock' | 'random'>): Kind<Service> {
  return { definition: serviceDefinition, admission: serviceAdmission(client, createNodePorts({ clock, random })) }
}

/** A pass waits for the store, and for a port to be closed. */
const workers = 2

export function startServiceController(ports: ServicePorts, instances: Informer<VirtualMachineInstance>): Controller {
  const { client, clock, random, log } = ports
  const follow = { client, clock, random, log }
  const services = startInformer<Service>({ ...follow, resource: serviceDefinition })
  const slices = startInformer<EndpointSlice>({
    ...follow,
    resource: endpointSliceDefinition,
    labelSelector: `${managedByLabel}=${sliceKeeper}`,
  })
  const endpoints = startInformer<Endpoints>({ ...follow, resource: endpointsDefinition })
  const doors = createDoors(ports)

  /** Services that find it by its labels. */
  function selectors(instance: VirtualMachineInstance | undefined): ObjectKey[] {
    if (instance === undefined) return []
    return services
      .list(instance.metadata.namespace)
      .filter((service) => isSelected(service, instance))
      .map(keyOf)
  }

  const controller = startController({
    name: 'service',
    reconcile: (key) => reconcileService(key, { ports, doors, instances }),
    sources: [
      ownObjects(services),
      // Before and after: one whose labels have changed is led to no more, or from now on.
      mappedObjects(instances, ({ before, after }) => [...selectors(before), ...selectors(after)]),
      mappedObjects(slices, ({ before, after }) => [...serviceOf(before), ...serviceOf(after)]),
      mappedObjects(endpoints, ({ key }) => {
        const service = services.get(key)
        return service !== undefined && selectsGuests(service) ? [key] : []
      }),
    ],
    workers,
    owns: [services, slices, endpoints],
    clock,
    random,
    log,
  })
  return {
    ...controller,
    async stop() {
      await controller.stop()
      await doors.stop()
    },
  }
}

function serviceOf(slice: EndpointSlice | undefined): ObjectKey[] {
  const name = slice?.metadata.labels?.[serviceNameLabel]
  return name === undefined ? [] : [{ namespace: slice?.metadata.namespace ?? '', name }]
}
