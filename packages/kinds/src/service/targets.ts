// The guests that a service leads to, and at which of their ports. Pure.

import { isExternalName, isFinal, type Service, type ServicePort, type VirtualMachineInstance } from '@sheaf/api'
import { findCondition, isBeingDeleted } from '@sheaf/api/meta'
import { launcherLabelsOf } from './launcher-labels.ts'

export interface Target {
  /** Of the machine, which is the instance's uid. */
  id: string
  name: string
  /** In the guest's own network, which is none of this machine's. */
  address: string
  /** By the service's port number; a named port that the guest does not declare is missing. */
  guestPorts: ReadonlyMap<number, number>
  /** New connections may be led to it. */
  isReady: boolean
  /** Its readiness, whatever the service makes of it. */
  isServing: boolean
  isTerminating: boolean
}

/** Without a selector its endpoints are somebody else's, and of an external name there are none. */
export const selectsGuests = (service: Service): boolean =>
  !isExternalName(service) && Object.keys(service.spec?.selector ?? {}).length > 0

export function isSelected(service: Service, instance: VirtualMachineInstance): boolean {
  const labels = launcherLabelsOf(instance)
  return selectsGuests(service) && Object.entries(service.spec?.selector ?? {}).every(([key, value]) => labels[key] === value)
}

/** In the order of their names. `instances`: all of the namespace. */
export function targetsOf(service: Service, instances: readonly VirtualMachineInstance[]): Target[] {
  return instances
    .filter((instance) => !isFinal(instance) && isSelected(service, instance))
    .flatMap((instance) => targetOf(service, instance) ?? [])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Undefined for a guest that has no address yet. */
function targetOf({ spec }: Service, instance: VirtualMachineInstance): Target | undefined {
  const address = instance.status?.interfaces?.[0]?.ipAddress
  if (instance.status?.phase !== 'Running' || !address) return undefined
  const isServing = findCondition(instance.status.conditions, 'Ready')?.status === 'True'
  const isTerminating = isBeingDeleted(instance)
  return {
    id: instance.metadata.uid ?? '',
    name: instance.metadata.name ?? '',
    address,
    guestPorts: new Map((spec?.ports ?? []).flatMap((port) => guestPortOf(port, instance))),
    isReady: spec?.publishNotReadyAddresses === true || (isServing && !isTerminating),
    isServing,
    isTerminating,
  }
}

/** A name is looked up among the ports that the guest's interfaces declare, as KubeVirt gives them to the pod. */
function guestPortOf({ port, targetPort = port, protocol }: ServicePort, { spec }: VirtualMachineInstance): [number, number][] {
  if (typeof targetPort === 'number') return [[port, targetPort]]
  const declared = (spec.domain.devices.interfaces ?? []).flatMap(({ ports }) => ports ?? [])
  const named = declared.find((each) => each.name === targetPort && (each.protocol || 'TCP').toUpperCase() === protocol)
  return named === undefined ? [] : [[port, named.port]]
}
