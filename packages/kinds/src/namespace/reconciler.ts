// Empties a namespace that is deleted: everything in it is deleted, whoever holds something with a finalizer is waited
// for, and only then does the namespace itself go.

import { isDeepStrictEqual } from 'node:util'
import { type Namespace, namespaceDefinition, namespaceFinalizer } from '@sheaf/api'
import {
  type ApiObject,
  isBeingDeleted,
  isConflict,
  isNotFound,
  type Json,
  keyOf,
  type ObjectKey,
  resourcePath,
} from '@sheaf/api/meta'
import { after, done, errorChain, type Result } from '@sheaf/machinery/controller'
import { isManageable, type ServedResource } from '../served-resource.ts'
import type { NamespacePorts } from './ports.ts'
import { type Remainder, statusOf } from './status.ts'

/** How soon to look whether finalizers are gone. A namespace on its way out is rare, and people watch it. */
const pollMs = 1000
/** A page of contents: large enough to be quick, small enough to keep its texts out of memory. */
const pageSize = 500

export async function reconcileNamespace(key: ObjectKey, ports: NamespacePorts): Promise<Result> {
  const namespaces = ports.client.resource<Namespace>(namespaceDefinition)
  const namespace = await namespaces.find(key)
  if (namespace === undefined || !isBeingDeleted(namespace)) return done
  const remainder = await emptyOut(key.name, ports)
  const status = statusOf(namespace, remainder, ports.clock)
  const isNews = !isDeepStrictEqual(status, namespace.status)
  const reported = isNews ? await namespaces.updateStatus({ ...namespace, status }) : namespace
  if (remainder.objects.length > 0 || remainder.failures.length > 0) return after(pollMs)
  await finalize(reported, ports)
  return done
}

/** Deletes what is not yet being deleted, and tells what is there afterwards. */
async function emptyOut(namespace: string, ports: NamespacePorts): Promise<Remainder> {
  const remainder: Remainder = { objects: [], failures: [] }
  for (const resource of ports.resources.served()) {
    if (resource.scope !== 'Namespaced' || !isManageable(resource)) continue
    try {
      const before = await contents(resource, namespace, ports)
      await deleteAll(resource, before, ports, remainder.failures)
      if (before.length === 0) continue
      for (const object of await contents(resource, namespace, ports)) remainder.objects.push({ resource, object })
    } catch (error) {
      remainder.failures.push(`${resource.plural}: ${errorChain(error)}`)
    }
  }
  return remainder
}

async function contents(resource: ServedResource, namespace: string, { client }: NamespacePorts): Promise<ApiObject[]> {
  const collection = client.resource(resource)
  const objects: ApiObject[] = []
  let token: string | undefined
  do {
    const page = await collection.list({ namespace, limit: pageSize, ...(token === undefined ? {} : { continue: token }) })
    for (const { apiVersion, kind, metadata } of page.items) objects.push({ apiVersion, kind, metadata })
    token = page.metadata.continue
  } while (token)
  return objects
}

async function deleteAll(
  resource: ServedResource,
  objects: readonly ApiObject[],
  { client }: NamespacePorts,
  failures: string[],
): Promise<void> {
  for (const object of objects) {
    if (isBeingDeleted(object)) continue
    const { uid } = object.metadata
    try {
      await client.resource(resource).delete(keyOf(object), {
        propagationPolicy: 'Background',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      })
    } catch (error) {
      // Somebody else was quicker.
      if (isNotFound(error) || isConflict(error)) continue
      failures.push(`${resource.plural} "${object.metadata.name}": ${errorChain(error)}`)
    }
  }
}

async function finalize(namespace: Namespace, { client }: NamespacePorts): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((each) => each !== namespaceFinalizer)
  const { status: _, ...rest } = namespace
  const body = { ...rest, spec: { ...namespace.spec, finalizers } }
  try {
    const path = resourcePath(namespaceDefinition, { name: namespace.metadata.name ?? '' }, 'finalize')
    await client.request('PUT', path, body as unknown as Json)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
