// The one function from request to answer: publication, then actions, then Kinds, else nothing is there.

import type { Duplex } from 'node:stream'
import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { UserInfo } from '../kind.ts'
import type { NamespaceResource, Registry } from '../registry/registry.ts'
import { RevisionWaiters } from '../registry/revision-waiters.ts'
import type { ApiServer, ApiServerOptions } from './api-server.ts'
import { isPretty } from './present.ts'
import { createPublication } from './publication.ts'
import { pageNotFound, presentRefusal, refusalOf } from './refusals.ts'
import { requestInfoOf } from './request-info.ts'
import { checkTimeout } from './request-timeout.ts'
import { indexResources, type ResourceIndex } from './resource-index.ts'
import { notAStream, openAction, serveAction } from './serve-action.ts'
import { serveResource } from './serve-resource.ts'
import { createWatchDesk, type WatchDesk } from './serve-watch.ts'
import { collectWarnings } from './warnings.ts'

interface Desk {
  options: ApiServerOptions
  index: ResourceIndex
  registry: Registry
  watches: WatchDesk
  publish: ReturnType<typeof createPublication>
}

/** Throws when the Kinds contradict each other. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const desk = deskOf(options)
  const handle = (request: ApiRequest, user: UserInfo): Promise<ApiResponse> => answer(desk, request, user)
  return {
    handle,
    connect: (request, user) => connect(desk, request, user),
    fetchAs: (user) => (request) => handle(request, user),
    close() {
      desk.watches.close()
      desk.registry.revisions.close()
    },
  }
}

function deskOf(options: ApiServerOptions): Desk {
  const { store, clock, random, schemas, kinds } = options
  const index = indexResources(kinds, schemas)
  const registry: Registry = {
    store,
    clock,
    random,
    schemas,
    namespaces: namespacesOf(options, index),
    revisions: new RevisionWaiters(store, clock),
  }
  return { options, index, registry, watches: createWatchDesk(registry), publish: createPublication(options) }
}

function namespacesOf({ namespaces }: ApiServerOptions, index: ResourceIndex): NamespaceResource | undefined {
  if (namespaces === undefined) return undefined
  const { group, version, plural } = namespaces
  const resource = index.resource(group, version, plural)
  if (resource === undefined) throw new Error(`${group}/${version} ${plural} is to play namespace, but is not among the Kinds`)
  return { resource, protectedNames: namespaces.protectedNames }
}

async function answer(desk: Desk, request: ApiRequest, user: UserInfo): Promise<ApiResponse> {
  const { options } = desk
  const warnings = collectWarnings()
  const response = await route(desk, request, user, warnings.warn).catch((error: unknown) => {
    const refusal = refusalOf(error, options.storeDescription)
    // A refusal that was meant is no trouble of ours, whatever its code.
    if (refusal.code > 499 && !(error instanceof StatusError)) options.onInternalError(error, request)
    const query = new URLSearchParams(request.path.split('?')[1])
    return presentRefusal(refusal, isPretty(query, request.headers['user-agent']))
  })
  const texts = warnings.headers()
  const headers: ApiResponse['headers'] = {
    'audit-id': auditIdOf(request) ?? options.random.uuid(),
    'cache-control': 'no-cache, private',
    ...response.headers,
    ...(texts.length === 0 ? {} : { warning: texts }),
  }
  return { ...response, headers }
}

/** A client's own id is echoed when it can stand in a header. */
function auditIdOf({ headers }: ApiRequest): string | undefined {
  const id = headers['audit-id']
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined
}

async function route(desk: Desk, request: ApiRequest, user: UserInfo, warn: (text: string) => void): Promise<ApiResponse> {
  const published = desk.publish(request)
  if (published !== undefined) return published
  const info = requestInfoOf(request.method, request.path)
  if (info.kind === 'path') return pageNotFound
  const actions = desk.index.actionsAt(info)
  if (actions.length > 0) return serveAction({ request, info, actions, user, warn })
  const resource = desk.index.resource(info.group, info.version, info.resource)
  if (resource === undefined) return pageNotFound
  if (info.verb !== 'watch') checkTimeout(info.query)
  const { registry, watches } = desk
  const response = await serveResource({ registry, watches, request, info, resource, user, warn })
  return response === pageNotFound ? response : { ...response, headers: { vary: 'Accept', ...response.headers } }
}

async function connect({ index }: Desk, request: ApiRequest, user: UserInfo): Promise<Duplex> {
  const info = requestInfoOf(request.method, request.path)
  const actions = info.kind === 'resource' ? index.actionsAt(info) : []
  if (info.kind === 'path' || actions.length === 0) throw notAStream()
  // The answer to an upgrade has no place for warnings.
  return openAction({ request, info, actions, user, warn: () => {} })
}
