// What the Node object says about this machine.

import { type Node, strayGuestsCondition } from '@sheaf/api'
import { type Clock, type Condition, timestamp, withCondition } from '@sheaf/api/meta'
import type { HostState } from './host-facts.ts'

export const heartbeatAnnotation = 'kubevirt.io/heartbeat'
export const schedulableLabel = 'kubevirt.io/schedulable'

type NodeStatus = NonNullable<Node['status']>
type NodeCondition = NonNullable<NodeStatus['conditions']>[number]

/** Below these Kubernetes' kubelet too speaks of pressure. */
const leastMemoryAvailableBytes = 100 * 1024 * 1024
const leastDiskAvailableShare = 0.1
/** Kubernetes' usual figure. Each guest is a process, so the machine gives out before this does. */
const mostGuests = '110'
/** More would fill a screen; the first ones tell what has happened. */
const mostStraysNamed = 5
/** How KubeVirt counts a device that is there for everybody. */
const sharedDevice = '1k'

export function labelsOf(host: HostState): Record<string, string> {
  return {
    'kubernetes.io/arch': host.architecture,
    'kubernetes.io/hostname': host.hostname,
    'kubernetes.io/os': 'linux',
    [schedulableLabel]: 'true',
  }
}

/** What is seen of the machine. */
export interface Sight {
  host: HostState
  /** A sentence for each guest that belongs to no instance. */
  strays: readonly string[]
}

/** `beats`: whether the conditions' heartbeat moves as well. */
export function statusOf(node: Node, sight: Sight, beats: boolean, clock: Clock): NodeStatus {
  const { host } = sight
  const capacity = capacityOf(host)
  return {
    ...node.status,
    addresses: addressesOf(host),
    allocatable: capacity,
    capacity,
    conditions: conditionsOf(node, sight, beats, timestamp(clock)),
    nodeInfo: nodeInfoOf(host),
  }
}

/** Addresses are a list keyed by type: of several only the best one is told. */
function addressesOf({ addresses: [best], hostname }: HostState): NonNullable<NodeStatus['addresses']> {
  return [...(best === undefined ? [] : [{ type: 'InternalIP', address: best }]), { type: 'Hostname', address: hostname }]
}

function capacityOf(host: HostState): Record<string, string> {
  return {
    cpu: String(host.cpus),
    ...(host.kvmIsUsable ? { 'devices.kubevirt.io/kvm': sharedDevice } : {}),
    'ephemeral-storage': kibibytes(host.diskBytes),
    memory: kibibytes(host.memoryBytes),
    pods: mostGuests,
  }
}

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`

function nodeInfoOf(host: HostState): NonNullable<NodeStatus['nodeInfo']> {
  return {
    architecture: host.architecture,
    bootID: host.bootId,
    containerRuntimeVersion: host.runtimeVersion,
    kernelVersion: host.kernelVersion,
    kubeProxyVersion: '',
    kubeletVersion: host.softwareVersion,
    machineID: host.machineId,
    operatingSystem: 'linux',
    osImage: host.osImage,
    systemUUID: host.systemUuid,
  }
}

function conditionsOf(node: Node, sight: Sight, beats: boolean, now: string): NodeCondition[] {
  let conditions: NodeCondition[] = node.status?.conditions ?? []
  for (const observed of observedConditions(sight)) {
    const before = conditions.find(({ type }) => type === observed.type)
    const lastHeartbeatTime = beats ? now : (before?.lastHeartbeatTime ?? now)
    const next: NodeCondition = { ...observed, lastHeartbeatTime, lastTransitionTime: now }
    conditions = withCondition(conditions, next)
  }
  return conditions
}

function observedConditions({ host, strays }: Sight): Condition[] {
  const memoryIsShort = host.memoryAvailableBytes < leastMemoryAvailableBytes
  const diskIsShort = host.diskAvailableBytes < host.diskBytes * leastDiskAvailableShare
  return [
    memoryIsShort
      ? pressure('MemoryPressure', 'HostHasInsufficientMemory', 'less than 100 MiB of memory are available')
      : noPressure('MemoryPressure', 'HostHasSufficientMemory', 'the machine has sufficient memory available'),
    diskIsShort
      ? pressure('DiskPressure', 'HostHasDiskPressure', 'less than a tenth of the disk that holds the guests is free')
      : noPressure('DiskPressure', 'HostHasNoDiskPressure', 'the disk that holds the guests has room'),
    strays.length === 0
      ? noPressure(strayGuestsCondition, 'GuestsHaveInstances', 'every guest that runs here belongs to an instance')
      : pressure(strayGuestsCondition, 'GuestsWithoutInstance', strayMessage(strays)),
    { type: 'Ready', status: 'True', reason: 'HostReady', message: 'the machine takes guests' },
  ]
}

function strayMessage(strays: readonly string[]): string {
  const named = strays.slice(0, mostStraysNamed).join('; ')
  const rest = strays.length > mostStraysNamed ? `; and ${strays.length - mostStraysNamed} more` : ''
  return `guests run here that belong to no instance, and no VM of their name starts beside them: ${named}${rest}. Shut each down from inside, or all guests with sheaf down, or end one at once by its process; what its disks hold stays in its folder`
}

const pressure = (type: string, reason: string, message: string): Condition => ({ type, status: 'True', reason, message })
const noPressure = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message })
