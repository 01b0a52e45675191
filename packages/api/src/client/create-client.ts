// The one client: verbs become requests, answers become objects, refusals become StatusErrors.

import {
  type ApiList,
  type ApiObject,
  apiVersionOf,
  isJsonObject,
  isNotFound,
  type Json,
  keyOf,
  type ObjectKey,
  resourcePath,
  statusErrorFrom,
} from '../meta/index.ts'
import type {
  Client,
  ClientOptions,
  DeleteOptions,
  ListOptions,
  PatchOptions,
  ResourceClient,
  ResourceName,
  WatchEvent,
  WatchOptions,
} from './client.ts'
import { type ApiRequest, type ApiResponse, isStreaming } from './exchange.ts'
import { isStatus, responseError } from './response-error.ts'
import { warningTexts } from './warning-header.ts'
import { watchFrames } from './watch-frames.ts'

export function createClient(options: ClientOptions): Client {
  const send = sender(options)
  return {
    resource: <T extends ApiObject>(name: ResourceName) => resourceClient<T>(name, send),
    request: (method, path, body) => send({ method, path, body }),
  }
}

interface Call {
  method: string
  path: string
  body?: unknown
  contentType?: string
  signal?: AbortSignal | undefined
}

type Send = (call: Call) => Promise<ApiResponse>

/** Sends, passes warnings on, throws what is above 399. */
function sender({ fetch, userAgent, onWarning }: ClientOptions): Send {
  return async ({ method, path, body, contentType = 'application/json', signal }) => {
    const request: ApiRequest = {
      method,
      path,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }
    const response = await fetch(request)
    if (onWarning !== undefined) for (const text of warningTexts(response.headers['warning'])) onWarning(text)
    if (response.status < 400) return response
    throw responseError(response.status, await bodyText(response.body), oneHeader(response, 'retry-after'))
  }
}

function resourceClient<T extends ApiObject>(name: ResourceName, send: Send): ResourceClient<T> {
  async function object(call: Call): Promise<T> {
    return (await bodyJson(await send(call), call)) as T
  }
  const pathOf = (key: ObjectKey, subresource?: string): string => resourcePath(name, key, subresource)
  const put = async (body: T, subresource?: string): Promise<T> =>
    object({ method: 'PUT', path: pathOf(namedKey(name, body), subresource), body })

  return {
    get: (key) => object({ method: 'GET', path: pathOf(key) }),
    async find(key) {
      try {
        return await object({ method: 'GET', path: pathOf(key) })
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    async list(options = {}) {
      const call = { method: 'GET', path: collectionPath(name, options, listQuery(options)) }
      return withTypes(name, (await bodyJson(await send(call), call)) as ApiList<T>)
    },
    create: (body) => object({ method: 'POST', path: resourcePath(name, { namespace: keyOf(body).namespace }), body }),
    update: (body) => put(body),
    updateStatus: (body) => put(body, 'status'),
    patch: (key, body, { type = 'merge', subresource, dryRun = false } = {}) => {
      const path = `${pathOf(key, subresource)}${dryRun ? '?dryRun=All' : ''}`
      return object({ method: 'PATCH', path, body, contentType: patchTypes[type] })
    },
    async delete(key, options = {}) {
      await send({ method: 'DELETE', path: pathOf(key), body: deleteBody(options) })
    },
    watch: (options = {}) => watchEvents<T>(name, options, send),
  }
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} satisfies Record<NonNullable<PatchOptions['type']>, string>

function namedKey(resource: ResourceName, object: ApiObject): ObjectKey {
  const key = keyOf(object)
  // An empty name would turn the path into the collection's.
  if (key.name === '') throw new Error(`cannot update a ${resource.kind} without metadata.name`)
  return key
}

function deleteBody(options: DeleteOptions): Json {
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...options }
}

function listQuery(options: ListOptions): Record<string, string | number | undefined> {
  const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options
  return { labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion, resourceVersionMatch }
}

function collectionPath(
  name: ResourceName,
  { namespace }: ListOptions,
  query: Record<string, string | number | boolean | undefined>,
): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(key, String(value))
  const path = resourcePath(name, namespace === undefined ? {} : { namespace })
  return search.size === 0 ? path : `${path}?${search.toString()}`
}

/** The items of built-in Kinds come without kind and apiVersion from kube-apiserver. */
function withTypes<T extends ApiObject>(name: ResourceName, list: ApiList<T>): ApiList<T> {
  const types = { kind: name.kind, apiVersion: apiVersionOf(name) }
  return { ...list, items: (list.items ?? []).map((item) => ({ ...item, ...types })) }
}

async function* watchEvents<T extends ApiObject>(
  name: ResourceName,
  options: WatchOptions,
  send: Send,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { allowWatchBookmarks, timeoutSeconds, signal } = options
  const query = { ...listQuery(options), watch: true, allowWatchBookmarks, timeoutSeconds }
  try {
    const response = await send({ method: 'GET', path: collectionPath(name, options, query), signal })
    const body = isStreaming(response.body) ? response.body : inOnePiece(response.body)
    for await (const frame of watchFrames(body)) {
      if (signal?.aborted) return
      yield watchEvent<T>(frame)
    }
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

async function* inOnePiece(body: Uint8Array | string): AsyncGenerator<Uint8Array | string, void, undefined> {
  yield body
}

function watchEvent<T extends ApiObject>(frame: unknown): WatchEvent<T> {
  if (!isJsonObject(frame) || !isJsonObject(frame['object'])) throw new Error('a watch event has no object')
  const { object } = frame
  const type = typeof frame['type'] === 'string' ? frame['type'] : 'unknown'
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as unknown as T }
    case 'BOOKMARK':
      return { type, object: object as unknown as ApiObject }
    case 'ERROR':
      throw isStatus(object) ? statusErrorFrom(object) : new Error('a watch failed without a Status')
    default:
      throw new Error(`a watch event has the unknown type "${type}"`)
  }
}

function oneHeader(response: ApiResponse, name: string): string | undefined {
  const value = response.headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

async function bodyJson(response: ApiResponse, call: Call): Promise<unknown> {
  const text = await bodyText(response.body)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`the answer to ${call.method} ${call.path} is not JSON`, { cause })
  }
}

/** The whole body as text, whichever form it came in. */
export async function bodyText(body: ApiResponse['body']): Promise<string> {
  if (typeof body === 'string') return body
  if (!isStreaming(body)) return new TextDecoder().decode(body)
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of body) text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}
