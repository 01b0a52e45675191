// A local copy of a collection that follows the server: list once, then watch. Whatever happens on the way (a cut, a
// refusal, a lost history, a silent peer), it comes back to the same state as the server's, and says what changed.

import type { Client, ResourceClient, ResourceName, WatchEvent } from '@sheaf/api/client'
import { type ApiObject, type Clock, isExpired, keyOf, type ObjectKey, type Random, StatusError } from '@sheaf/api/meta'
import { backoffMs } from './backoff.ts'
import { errorChain } from './error-chain.ts'
import { type ChangeHandler, createInformerCache, type InformerCache } from './informer-cache.ts'
import type { Log } from './log.ts'
import { isOlder } from './resource-version.ts'

export interface InformerOptions<T extends ApiObject> {
  client: Client
  resource: ResourceName
  clock: Clock
  random: Random
  log: Log
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** Lists in pages of this many objects; in one piece when absent. */
  pageSize?: number
  /** What to keep of an object, for those who need little of many. Keeps name, namespace, uid and resourceVersion. */
  keep?: (object: T) => T
}

/** Objects given out are the copy itself: whoever wants to change one clones it first. */
export interface Informer<T extends ApiObject = ApiObject> {
  readonly resource: ResourceName
  get(key: ObjectKey): T | undefined
  /** All, or those of one namespace. */
  list(namespace?: string): T[]
  /** Calls `handler` for all there is, then for each change, until the function that it returns is called. */
  onChange(handler: ChangeHandler<T>): () => void
  /** Resolves when the first list is in. Also when the informer is stopped before that. */
  whenSynced(): Promise<void>
  stop(): void
}

/** A server that is back is seen soon; one that is away is not hammered. */
const reconnectLimits = { firstMs: 100, mostMs: 30_000 }
/** As client-go: a watch is asked to end after five to ten minutes, at different times for different informers. */
const watchSeconds = { least: 300, spread: 300 }
/** A watch that is still open so long after that has a peer that is gone. */
const overdueMs = 30_000
/** A watch that ends in peace after so long needs no pause before the next. */
const healthyMs = 1000
/** After so many failures in a row the place in history is doubted as well, and the log hears of it. */
const manyFailures = 3

interface Follower<T extends ApiObject> {
  options: InformerOptions<T>
  resource: ResourceClient<T>
  cache: InformerCache<T>
  stopping: AbortSignal
  /** Where in history the cache stands. Undefined: nowhere, list anew. */
  resourceVersion: string | undefined
  /** In a row, each without an event between. */
  failures: number
  onSynced: () => void
}

export function startInformer<T extends ApiObject>(options: InformerOptions<T>): Informer<T> {
  const cache = createInformerCache<T>(options.log)
  const stopping = new AbortController()
  const synced = Promise.withResolvers<void>()
  void followForever({
    options,
    resource: options.client.resource<T>(options.resource),
    cache,
    stopping: stopping.signal,
    resourceVersion: undefined,
    failures: 0,
    onSynced: synced.resolve,
  })
  return {
    resource: options.resource,
    get: cache.get,
    list: cache.list,
    onChange: cache.onChange,
    whenSynced: () => synced.promise,
    stop() {
      stopping.abort()
      cache.close()
      synced.resolve()
    },
  }
}

async function followForever<T extends ApiObject>(follower: Follower<T>): Promise<void> {
  const { stopping } = follower
  while (!stopping.aborted) {
    try {
      if (follower.resourceVersion === undefined) await relist(follower)
      if (!stopping.aborted) await watch(follower)
    } catch (error) {
      if (stopping.aborted) return
      follower.failures++
      if (isLostInHistory(error) || follower.failures >= manyFailures) follower.resourceVersion = undefined
      report(follower, error)
    }
    // Nothing failed: the watch ended in its own time, and the next one follows without a pause.
    if (follower.failures > 0) await pause(backoffMs(follower.failures, reconnectLimits, follower.options.random), follower)
  }
}

async function relist<T extends ApiObject>(follower: Follower<T>): Promise<void> {
  const { options, cache, stopping } = follower
  const { items, resourceVersion } = await listAll(follower)
  if (stopping.aborted) return
  cache.replace(options.keep === undefined ? items : items.map(options.keep))
  follower.resourceVersion = resourceVersion
  follower.onSynced()
}

async function listAll<T extends ApiObject>({
  options,
  resource,
}: Follower<T>): Promise<{ items: T[]; resourceVersion: string }> {
  const scope = scopeOf(options)
  const limit = options.pageSize === undefined ? {} : { limit: options.pageSize }
  let page = await resource.list({ ...scope, ...limit })
  const items = page.items
  const { resourceVersion = '' } = page.metadata
  while (page.metadata.continue) {
    try {
      page = await resource.list({ ...scope, ...limit, continue: page.metadata.continue })
    } catch (error) {
      if (!isExpired(error)) throw error
      // The snapshot that the pages come from is gone: one piece cannot expire.
      const whole = await resource.list(scope)
      return { items: whole.items, resourceVersion: whole.metadata.resourceVersion ?? '' }
    }
    items.push(...page.items)
  }
  return { items, resourceVersion }
}

/** Applies events until the server, or silence, ends the watch. */
async function watch<T extends ApiObject>(follower: Follower<T>): Promise<void> {
  const { options, resource, stopping } = follower
  const { clock, random } = options
  const startedMs = clock.now()
  const timeoutSeconds = watchSeconds.least + random.below(watchSeconds.spread)
  const ending = new AbortController()
  const end = (): void => ending.abort()
  const overdue = clock.after(timeoutSeconds * 1000 + overdueMs, end)
  stopping.addEventListener('abort', end)
  try {
    const from = { resourceVersion: follower.resourceVersion ?? '', allowWatchBookmarks: true, timeoutSeconds }
    for await (const event of resource.watch({ ...scopeOf(options), ...from, signal: ending.signal })) {
      if (ending.signal.aborted) return
      apply(event, follower)
      follower.failures = 0
    }
  } finally {
    overdue.cancel()
    stopping.removeEventListener('abort', end)
  }
  follower.failures = clock.now() - startedMs >= healthyMs ? 0 : follower.failures + 1
}

function apply<T extends ApiObject>(event: WatchEvent<T>, follower: Follower<T>): void {
  const { cache, options } = follower
  const seen = follower.resourceVersion ?? ''
  const { resourceVersion = '' } = event.object.metadata
  // Told twice, or told again by a server that replays: the cache is further already.
  if (resourceVersion === seen || isOlder(resourceVersion, seen)) return
  follower.resourceVersion = resourceVersion
  if (event.type === 'BOOKMARK') return
  if (event.type === 'DELETED') cache.remove(keyOf(event.object))
  else cache.put(options.keep === undefined ? event.object : options.keep(event.object))
}

function scopeOf<T extends ApiObject>({
  namespace,
  labelSelector,
  fieldSelector,
}: InformerOptions<T>): {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
} {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  }
}

/** The server no longer knows this moment, or does not know it yet (its data is older than what we saw). */
function isLostInHistory(error: unknown): boolean {
  const isInFuture =
    error instanceof StatusError && error.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') === true
  return isExpired(error) || isInFuture
}

/** A cut now and then is normal life; a row of them is told once. */
function report<T extends ApiObject>({ options, failures }: Follower<T>, error: unknown): void {
  const fields = { resource: options.resource.plural, error: errorChain(error) }
  if (failures === manyFailures) options.log.warn(fields, 'cannot follow a resource; trying until it works')
  else options.log.debug(fields, 'lost the connection of a watch; following again')
}

function pause<T extends ApiObject>(ms: number, { options, stopping }: Follower<T>): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.aborted) return resolve()
    const timer = options.clock.after(ms, end)
    function end(): void {
      timer.cancel()
      stopping.removeEventListener('abort', end)
      resolve()
    }
    stopping.addEventListener('abort', end)
  })
}
