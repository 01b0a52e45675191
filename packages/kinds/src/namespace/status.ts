// What a namespace on its way out says about how far it is. The conditions and their words are Kubernetes' own:
// conformance tests and people who search for them read them.

import type { Namespace } from '@sheaf/api'
import { type ApiObject, type Clock, type Condition, timestamp, withCondition } from '@sheaf/api/meta'
import type { ServedResource } from '../served-resource.ts'

export interface Remainder {
  objects: { resource: ServedResource; object: ApiObject }[]
  /** What could not be listed or deleted, each with its reason. */
  failures: string[]
}

type NamespaceStatus = NonNullable<Namespace['status']>

export function statusOf(namespace: Namespace, remainder: Remainder, clock: Clock): NamespaceStatus {
  const lastTransitionTime = timestamp(clock)
  let conditions = (namespace.status?.conditions ?? []) as Condition[]
  for (const condition of [...alwaysGood, failure(remainder), content(remainder), finalizers(remainder)]) {
    conditions = withCondition(conditions, { ...condition, lastTransitionTime })
  }
  return { ...namespace.status, phase: 'Terminating', conditions: conditions as NonNullable<NamespaceStatus['conditions']> }
}

/** Sheaf knows what it serves: these two cannot fail. Tests and people look for them. */
const alwaysGood: Condition[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'False',
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
]

/** How many failures a message names; more would say nothing new. */
const namedFailures = 3

function failure({ failures }: Remainder): Condition {
  const type = 'NamespaceDeletionContentFailure'
  if (failures.length === 0) {
    const message = 'All content successfully deleted, may be waiting on finalization'
    return { type, status: 'False', reason: 'ContentDeleted', message }
  }
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${failures.slice(0, namedFailures).join(', ')}`
  return { type, status: 'True', reason: 'ContentDeletionFailed', message }
}

function content({ objects }: Remainder): Condition {
  const type = 'NamespaceContentRemaining'
  if (objects.length === 0) {
    return { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' }
  }
  const counts = countBy(objects.map(({ resource }) => `${resource.plural}.${resource.group}`))
  const message = `Some resources are remaining: ${counts.map(([name, count]) => `${name} has ${count} resource instances`).join(', ')}`
  return { type, status: 'True', reason: 'SomeResourcesRemain', message }
}

function finalizers({ objects }: Remainder): Condition {
  const type = 'NamespaceFinalizersRemaining'
  const counts = countBy(objects.flatMap(({ object }) => object.metadata.finalizers ?? []))
  if (counts.length === 0) {
    const message = 'All content-preserving finalizers finished'
    return { type, status: 'False', reason: 'ContentHasNoFinalizers', message }
  }
  const named = counts.map(([name, count]) => `${name} in ${count} resource instances`).join(', ')
  const message = `Some content in the namespace has finalizers remaining: ${named}`
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message }
}

function countBy(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
