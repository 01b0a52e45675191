// A scripted far side for the tests of this folder: it lists and watches Widgets and misbehaves when told to. It is no
// API server; it exists because a real one cannot be made to lie.

import type { ApiRequest, ApiResponse, Client, Fetch } from '@sheaf/api/client'
import { createClient } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'

export const widgets = { group: 'test.sheaf', version: 'v1', plural: 'widgets', kind: 'Widget', scope: 'Namespaced' } as const

export interface Widget extends ApiObject {
  spec: { size: number }
}

interface Frame {
  revision: number
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: Widget
}

interface Stream {
  send(text: string): void
  end(error?: Error): void
}

export interface WidgetServer {
  client: Client
  fetch: Fetch
  put(name: string, size: number): Widget
  remove(name: string): void
  state(): Map<string, Widget>
  /** Watches from before now get 410. */
  forgetHistory(): void
  /** Ends all watches, in peace or by a reset. */
  cut(how: 'end' | 'reset'): void
  /** Sends the last events again to all watches. */
  repeat(count: number): void
  bookmark(): void
  /** Asked before each request; an answer replaces the real one, and an exception is a connection that fails. */
  meddle: (request: ApiRequest) => ApiResponse | undefined
  /** How a frame is cut into pieces on its way. */
  pieces: (text: string) => (string | Uint8Array)[]
  readonly watches: number
  readonly requests: string[]
}

export function statusAnswer(code: number, reason: string, message: string = reason): ApiResponse {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  return { status: code, headers: {}, body: JSON.stringify(status) }
}

export function createWidgetServer(): WidgetServer {
  let revision = 1
  let oldest = 1
  const state = new Map<string, Widget>()
  const history: Frame[] = []
  const streams = new Set<Stream>()

  const text = (frame: Frame): string => `${JSON.stringify({ type: frame.type, object: frame.object })}\n`

  function happened(type: Frame['type'], object: Widget): void {
    const frame = { revision, type, object }
    history.push(frame)
    for (const stream of streams) stream.send(text(frame))
  }

  function list(query: URLSearchParams): ApiResponse {
    const all = [...state.values()].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
    const start = Number(query.get('continue') ?? 0)
    const limit = Number(query.get('limit') ?? 0) || all.length
    const metadata = {
      resourceVersion: String(revision),
      ...(start + limit < all.length ? { continue: String(start + limit) } : {}),
    }
    const items = all.slice(start, start + limit)
    return {
      status: 200,
      headers: {},
      body: JSON.stringify({ kind: 'WidgetList', apiVersion: 'test.sheaf/v1', metadata, items }),
    }
  }

  function watch(query: URLSearchParams, signal: AbortSignal | undefined): ApiResponse {
    const from = Number(query.get('resourceVersion'))
    if (from < oldest) return statusAnswer(410, 'Expired', 'too old resource version')
    const { stream, body } = openStream(
      (frame) => server.pieces(frame),
      signal,
      () => streams.delete(stream),
    )
    for (const frame of history) if (frame.revision > from) stream.send(text(frame))
    streams.add(stream)
    return { status: 200, headers: {}, body }
  }

  const fetch: Fetch = (request) => {
    server.requests.push(`${request.method} ${request.path}`)
    const url = new URL(request.path, 'http://server')
    try {
      const isWatch = url.searchParams.get('watch') === 'true'
      return Promise.resolve(
        server.meddle(request) ?? (isWatch ? watch(url.searchParams, request.signal) : list(url.searchParams)),
      )
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  const server: WidgetServer = {
    fetch,
    client: createClient({ fetch, userAgent: 'test' }),
    put(name, size) {
      const before = state.get(name)
      const uid = before?.metadata.uid ?? `uid-${++revision}`
      const metadata = { name, namespace: 'default', uid, resourceVersion: String(++revision) }
      const widget = { apiVersion: 'test.sheaf/v1', kind: 'Widget', metadata, spec: { size } }
      state.set(name, widget)
      happened(before === undefined ? 'ADDED' : 'MODIFIED', widget)
      return widget
    },
    remove(name) {
      const before = state.get(name)
      if (before === undefined) return
      state.delete(name)
      happened('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(++revision) } })
    },
    state: () => state,
    forgetHistory() {
      oldest = ++revision
      history.length = 0
    },
    cut(how) {
      for (const stream of streams) stream.end(how === 'reset' ? new Error('connection reset') : undefined)
      streams.clear()
    },
    repeat(count) {
      for (const frame of history.slice(-count)) for (const stream of streams) stream.send(text(frame))
    },
    bookmark() {
      const object = { kind: 'Widget', apiVersion: 'test.sheaf/v1', metadata: { resourceVersion: String(revision) } }
      for (const stream of streams) stream.send(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
    },
    meddle: () => undefined,
    pieces: (frame) => [frame],
    get watches() {
      return streams.size
    },
    requests: [],
  }
  return server
}

function openStream(
  piecesOf: (frame: string) => (string | Uint8Array)[],
  signal: AbortSignal | undefined,
  onClosed: () => void,
): { stream: Stream; body: AsyncIterable<string | Uint8Array> } {
  const queued: (string | Uint8Array)[] = []
  let wake = (): void => undefined
  let ended: { error: Error | undefined } | undefined
  const stream: Stream = {
    send(frame) {
      queued.push(...piecesOf(frame))
      wake()
    },
    end(error) {
      ended ??= { error }
      wake()
    },
  }
  signal?.addEventListener('abort', () => {
    stream.end(new Error('aborted'))
    onClosed()
  })
  async function* body(): AsyncGenerator<string | Uint8Array, void, undefined> {
    for (;;) {
      for (const piece of queued.splice(0)) yield piece
      if (queued.length > 0) continue
      if (ended?.error !== undefined) throw ended.error
      if (ended !== undefined) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { stream, body: body() }
}
