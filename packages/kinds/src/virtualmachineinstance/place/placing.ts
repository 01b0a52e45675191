// Looks at what an instance's placement depends on, and lets those take turns who are particular about their neighbours.

import {
  isFinal,
  type Namespace,
  namespaceDefinition,
  type Node,
  nodeDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { findCondition, isBeingDeleted, type ObjectKey } from '@sheaf/api/meta'
import type { MachinePorts } from '../../ports.ts'
import { isBeforeLaunch } from '../decide.ts'
import { type PlacementSight, requiredTerms, whyNotPlaced } from './placement.ts'
import { type Refusal, refuse } from '../refusal.ts'

export interface Placing {
  /** Why it cannot be placed now; undefined when it can, or has its place already. */
  refusalOf(instance: VirtualMachineInstance): Promise<Refusal | undefined>
  /** Calls `take`, which writes down what becomes of it, while nobody who could be in its way does the same. */
  place<T>(instance: VirtualMachineInstance, take: (refusal: Refusal | undefined) => Promise<T>): Promise<T>
}

type Ports = Pick<MachinePorts, 'client' | 'nodeName'>

/** `known` tells of the instances that there are: a moment late, which does for whether anybody is particular at all. */
export function openPlacing(ports: Ports, known: () => readonly VirtualMachineInstance[]): Placing {
  let last: Promise<unknown> = Promise.resolve()
  const isContested = (instance: VirtualMachineInstance): boolean => isParticular(instance) || known().some(isParticular)
  const refusalOf = async (instance: VirtualMachineInstance): Promise<Refusal | undefined> => {
    if (hasPlace(instance)) return undefined
    const why = whyNotPlaced(instance, await look(instance, isContested(instance), ports))
    return why === undefined ? undefined : refuse('PodScheduled', 'Unschedulable', why)
  }
  return {
    refusalOf,
    place(instance, take) {
      if (hasPlace(instance) || !isContested(instance)) return take(undefined)
      // Another may have taken its place since it was looked at.
      const mine = last.then(async () => take(await refusalOf(instance)))
      last = mine.catch(() => {})
      return mine
    },
  }
}

/** It keeps its place although the node or its neighbours change, as in Kubernetes. */
export const hasPlace = ({ status }: VirtualMachineInstance): boolean => (status?.nodeName ?? '') !== ''

/** Whether it waits for a place: others that come, go or change may be what it waits for. */
export function waitsForPlace(instance: VirtualMachineInstance): boolean {
  const condition = findCondition(instance.status?.conditions, 'PodScheduled')
  return condition?.status === 'False' && isBeforeLaunch(instance) && !isBeingDeleted(instance)
}

function isParticular({ spec }: VirtualMachineInstance): boolean {
  const { affinity, topologySpreadConstraints = [] } = spec
  const terms = [...requiredTerms(affinity?.podAffinity), ...requiredTerms(affinity?.podAntiAffinity)]
  return terms.length > 0 || topologySpreadConstraints.length > 0
}

async function look(instance: VirtualMachineInstance, isContested: boolean, ports: Ports): Promise<PlacementSight> {
  const { client, nodeName } = ports
  const node = await client.resource<Node>(nodeDefinition).find({ namespace: '', name: nodeName } satisfies ObjectKey)
  if (!isContested) return { nodeName, node, neighbours: [], namespaces: new Map() }
  const { items } = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list()
  const neighbours = items.filter((each) => each.metadata.uid !== instance.metadata.uid && hasPlace(each) && !isFinal(each))
  const namespaces = await client.resource<Namespace>(namespaceDefinition).list()
  const labels = namespaces.items.map(({ metadata }) => [metadata.name ?? '', metadata.labels ?? {}] as const)
  return { nodeName, node, neighbours, namespaces: new Map(labels) }
}
