// What the resource that plays namespace means to the others, and what is special about deleting one of its objects.

import { type ApiObject, forbiddenError, isJsonObject, type Json, notFound, StatusError } from '@sheaf/api/meta'
import { type Registry, type Resource, storageKey, type Target } from './registry.ts'
import { objectOf } from './stored-object.ts'

/** Refuses to create where there is no namespace, or where it is about to go. */
export function requireNamespace(registry: Registry, { resource, namespace, name }: Target): void {
  const { namespaces, store } = registry
  if (namespaces === undefined || resource.definition.scope === 'Cluster') return
  const stored = store.get(storageKey({ resource: namespaces.resource, namespace: '', name: namespace }))
  if (stored === undefined) throw notFound(namespaces.resource.definition, namespace)
  if (objectOf(stored).metadata.deletionTimestamp === undefined) return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const refusal = forbiddenError(resource.definition, name, why)
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  throw new StatusError(refusal.code, refusal.reason, refusal.message, { ...refusal.details, causes: [cause] })
}

export function refuseProtected(registry: Registry, { resource, name }: Target): void {
  if (!isNamespaceResource(registry, resource) || !registry.namespaces?.protectedNames.includes(name)) return
  throw forbiddenError(resource.definition, name, 'this namespace may not be deleted')
}

export function isNamespaceResource(registry: Registry, resource: Resource): boolean {
  return registry.namespaces?.resource === resource
}

/** Whether somebody still has to do something before the object may go. A namespace has a second list, in its spec. */
export function isHeld(registry: Registry, resource: Resource, object: ApiObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0) return true
  return isNamespaceResource(registry, resource) && specFinalizersOf(object).length > 0
}

export function specFinalizersOf(object: ApiObject): Json[] {
  const spec = object.spec
  return isJsonObject(spec) && Array.isArray(spec.finalizers) ? spec.finalizers : []
}
