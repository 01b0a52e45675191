import type { Namespace } from '@sheaf/api'
import { createManualClock } from '@sheaf/machinery/controller'
import { expect, test } from 'vitest'
import { type Remainder, statusOf } from './status.ts'

const clock = createManualClock()
const terminating: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, status: { phase: 'Active' } }
const widgets = {
  group: 'test.sheaf',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  scope: 'Namespaced',
  withoutVerbs: [],
} as const

function told(remainder: Remainder, namespace = terminating): string[] {
  const { conditions } = statusOf(namespace, remainder, clock)
  return (conditions ?? []).map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`)
}

function held(finalizers: string[]): Remainder['objects'][number] {
  return { resource: widgets, object: { apiVersion: 'test.sheaf/v1', kind: 'Widget', metadata: { finalizers } } }
}

test('an empty namespace says so in the five conditions that Kubernetes has', () => {
  expect(told({ objects: [], failures: [] })).toEqual([
    'NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered',
    'NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed',
    'NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on finalization',
    'NamespaceContentRemaining=False ContentRemoved: All content successfully removed',
    'NamespaceFinalizersRemaining=False ContentHasNoFinalizers: All content-preserving finalizers finished',
  ])
})

test('what is left and who holds it is counted', () => {
  const conditions = told({ objects: [held(['a/x', 'a/y']), held(['a/x']), held([])], failures: [] })
  expect(conditions[3]).toBe(
    'NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: widgets.test.sheaf has 3 resource instances',
  )
  expect(conditions[4]).toBe(
    'NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: a/x in 2 resource instances, a/y in 1 resource instances',
  )
})

test('what could not be deleted is named', () => {
  expect(told({ objects: [], failures: ['widgets "a": refused'] })[2]).toBe(
    'NamespaceDeletionContentFailure=True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: widgets "a": refused',
  )
})

test('the same observation again is the same status, also later', () => {
  const first = statusOf(terminating, { objects: [], failures: [] }, clock)
  clock.advance(5000)
  expect(statusOf({ ...terminating, status: first }, { objects: [], failures: [] }, clock)).toEqual(first)
})
