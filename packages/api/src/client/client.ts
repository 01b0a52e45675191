// The client: typed verbs over one Fetch. Reconcilers, the command line and the console all speak through it.

import type { ApiList, ApiObject, Json, ObjectKey, ResourceDefinition } from '../meta/index.ts'
import type { ApiResponse, Fetch } from './exchange.ts'

/** The part of a definition that a client needs. */
export type ResourceName = Pick<ResourceDefinition, 'group' | 'version' | 'plural' | 'kind' | 'scope'>

export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  continue?: string
  resourceVersion?: string
  resourceVersionMatch?: 'Exact' | 'NotOlderThan'
}

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean
  timeoutSeconds?: number
  signal?: AbortSignal
}

export type WatchEvent<T extends ApiObject = ApiObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  /** Only `metadata.resourceVersion` is meaningful. */
  | { type: 'BOOKMARK'; object: ApiObject }

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  preconditions?: { uid?: string; resourceVersion?: string }
  gracePeriodSeconds?: number
}

export interface PatchOptions {
  type?: 'json' | 'merge' | 'strategic'
  subresource?: string
  /** The server does everything but store it. */
  dryRun?: boolean
}

/** Every call throws a StatusError when the server refuses, and a plain Error when it cannot be reached. */
export interface ResourceClient<T extends ApiObject> {
  get(key: ObjectKey): Promise<T>
  /** Undefined instead of NotFound. */
  find(key: ObjectKey): Promise<T | undefined>
  list(options?: ListOptions): Promise<ApiList<T>>
  create(object: T): Promise<T>
  update(object: T): Promise<T>
  updateStatus(object: T): Promise<T>
  patch(key: ObjectKey, patch: Json, options?: PatchOptions): Promise<T>
  /** Resolves also when the object lives on until its finalizers are gone. Throws NotFound. */
  delete(key: ObjectKey, options?: DeleteOptions): Promise<void>
  /** Events until the server or the signal ends the watch. Throws a StatusError (Expired: list again). */
  watch(options?: WatchOptions): AsyncIterable<WatchEvent<T>>
}

export interface Client {
  resource<T extends ApiObject = ApiObject>(name: ResourceName): ResourceClient<T>
  /** A path as it is, such as `PUT /apis/subresources.kubevirt.io/…/start`. Throws a StatusError above 399. */
  request(method: string, path: string, body?: Json): Promise<ApiResponse>
}

export interface ClientOptions {
  fetch: Fetch
  userAgent: string
  /** Called with each `Warning: 299` text. Sheaf's own programs treat one as a bug of theirs. */
  onWarning?: (text: string) => void
}
