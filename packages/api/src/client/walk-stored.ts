// Walks through everything that is stored of some resources, page by page, and keeps what is asked for.

import { type ApiObject, isExpired, isNotFound, StatusError } from '../meta/index.ts'
import type { Client, ListOptions, ResourceName } from './client.ts'

/** As kubectl: a server is not asked for all at once. */
const pageSize = 500

export interface StoredScope {
  /** All, when absent. */
  namespace?: string | undefined
  labelSelector?: string | undefined
}

/** A resource that could not be looked at. */
export interface Unreadable {
  resource: ResourceName
  why: string
}

export interface Walked<T> {
  kept: T[]
  unreadable: Unreadable[]
}

export async function walkStored<T>(
  client: Client,
  resources: readonly ResourceName[],
  scope: StoredScope,
  keep: (object: ApiObject, resource: ResourceName) => readonly T[],
): Promise<Walked<T>> {
  const kept: T[] = []
  const unreadable: Unreadable[] = []
  for (const resource of resources) {
    if (scope.namespace !== undefined && resource.scope === 'Cluster') continue
    try {
      kept.push(...(await walk(client, resource, scope, (object) => keep(object, resource))))
    } catch (error) {
      // Another may be readable; a server that is away is away for all.
      if (!(error instanceof StatusError)) throw error
      if (!isNotFound(error)) unreadable.push({ resource, why: error.message })
    }
  }
  return { kept, unreadable }
}

async function walk<T>(
  client: Client,
  resource: ResourceName,
  { namespace, labelSelector }: StoredScope,
  keep: (object: ApiObject) => readonly T[],
): Promise<T[]> {
  const objects = client.resource(resource)
  const scope: ListOptions = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  }
  const kept: T[] = []
  let token: string | undefined
  try {
    do {
      const page = await objects.list({ ...scope, limit: pageSize, ...(token === undefined ? {} : { continue: token }) })
      kept.push(...page.items.flatMap(keep))
      token = page.metadata.continue
    } while (token)
    return kept
  } catch (error) {
    if (!isExpired(error)) throw error
    // The moment that the pages come from is forgotten by now: one piece cannot expire.
    return (await objects.list(scope)).items.flatMap(keep)
  }
}
