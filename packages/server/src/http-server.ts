// HTTP around the API server's function: HTTP/2 and HTTP/1.1 on one TLS port, and websockets for streams.

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders as OutgoingHttp2Headers,
  type ServerHttp2Stream,
} from 'node:http2'
import { type AddressInfo, isIPv6, type Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type ApiRequest, type ApiResponse, isStreaming } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { Log } from '@sheaf/machinery/controller'
import type { Visitor } from './authentication/visitor.ts'
import { turnOfFrame } from './frame-turns.ts'
import type { Entry, FrontDoor } from './front-door.ts'
import { refusal } from './refusal.ts'
import type { RequestsInFlight } from './requests-in-flight.ts'
import { joinWebsocket } from './websocket.ts'

interface Shown {
  certificatePem: string
  keyPem: string
  /** Who signs the certificates of people. */
  clientAuthorityPem: string
}

export interface HttpServerOptions extends Shown {
  door: FrontDoor
  log: Log
  /** Streams do not count once they have begun: they never end by themselves. */
  inFlight: RequestsInFlight
}

/** The API server refuses bodies above 3 MiB; one byte more is all that it needs to see to do so. */
const mostBodyBytes = 3 * 1024 * 1024 + 1
/** A client that is still sending does not read its answer. The rest of a body that is too big is read and dropped up to here. */
const mostDroppedBytes = 64 * 1024 * 1024
/** As kube-apiserver: below that, compressing costs more than it saves on a local line. */
const gzipAboveBytes = 128 * 1024
/** Informers of one program share a connection: one stream each, and room for many. */
const mostStreams = 1000
const compress = promisify(gzip)

const clientLeft = 'the client closed the connection'

export function createHttpServer(options: HttpServerOptions): Http2SecureServer {
  const server = createSecureServer({
    allowHTTP1: true,
    ...contextOf(options),
    // Asked for, not insisted on: tokens come without. Who it belongs to, and whether it holds, is the front door's to say.
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: mostStreams },
  })
  server.on('request', (incoming, outgoing) => {
    const exchange = http1Exchange(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse)
    void serve(exchange, options)
  })
  // What listens now would make HTTP/1's objects of HTTP/2's streams.
  server.removeAllListeners('stream')
  server.on('stream', (stream, headers) => {
    const exchange = http2Exchange(stream, headers)
    if (exchange !== undefined) void serve(exchange, options)
  })
  server.on(
    'upgrade',
    (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      void joinWebsocket(incoming, socket, head, plainRequest(incoming.method, incoming.url, incoming.headers), {
        door: options.door,
        visitor: visitorOf(incoming.socket as TLSSocket),
      }),
  )
  // A client that drops its connection in the middle of a handshake or a frame is not an event.
  server.on('sessionError', () => {})
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

const contextOf = ({ certificatePem, keyPem, clientAuthorityPem }: Shown) => ({
  cert: certificatePem,
  key: keyPem,
  ca: clientAuthorityPem,
})

/** Resolves when connections are accepted. `close` ends the open ones too: watches would never end by themselves. */
export async function listen(
  server: Http2SecureServer,
  address: string,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'EADDRINUSE' ? new PortInUse(port) : cause))
    server.listen(port, address, resolve)
  })
  const { port: chosen } = server.address() as AddressInfo
  return {
    url: urlOf(address, chosen),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

/** Whoever is on this machine reaches a server that listens everywhere by the loopback address. */
export function urlOf(address: string, port: number): string {
  const reached = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `https://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`
}

/** A connection shows its certificate once. */
const visitors = new WeakMap<object, Visitor>()

/** The socket that HTTP/2 shows is another one for each request; what they have in common is their session. */
function visitorOf(socket: TLSSocket, connection: object = socket): Visitor {
  const known = visitors.get(connection)
  if (known !== undefined) return known
  const certificate = socket.getPeerX509Certificate?.()
  const shown = certificate === undefined ? {} : { certificate: socket.authorized ? certificate : ('unusable' as const) }
  const visitor = { address: socket.remoteAddress ?? '', ...shown }
  visitors.set(connection, visitor)
  return visitor
}

/** To whoever connects from now on; connections that are open go on. */
export function showCertificate(server: Http2SecureServer, shown: Shown): void {
  server.setSecureContext(contextOf(shown))
}

export class PortInUse extends Error {
  constructor(port: number) {
    super(`port ${port} is in use by another process. Choose another with --port or SHEAF_PORT; 0 takes any free one.`)
  }
}

/**
 * One request and its answer. HTTP/2 has one stream for both; what Node would make of it for the sake of HTTP/1 costs a tenth of a
 * request's time.
 */
interface Exchange {
  request: ApiRequest
  visitor: Visitor
  incoming: Readable
  outgoing: Writable
  /** Begins the answer. False when nobody waits for it any more: then nothing may follow. */
  begin(status: number, headers: ApiResponse['headers']): boolean
}

function http1Exchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
  return {
    request: plainRequest(incoming.method, incoming.url, incoming.headers),
    visitor: visitorOf(incoming.socket as TLSSocket),
    incoming,
    outgoing,
    begin(status, headers) {
      outgoing.writeHead(status, headers as OutgoingHttpHeaders)
      // Clients wait for the headers before they count a watch as begun; what has a length is sent with them.
      if (headers['content-length'] === undefined) outgoing.flushHeaders()
      return !outgoing.destroyed
    },
  }
}

/** Undefined when the connection has ended meanwhile. */
function http2Exchange(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Exchange | undefined {
  const { session } = stream
  if (session === undefined) return undefined
  if (headers.expect === '100-continue') stream.additionalHeaders({ ':status': 100 })
  return {
    request: plainRequest(headers[':method'], headers[':path'], headers),
    visitor: visitorOf(session.socket as TLSSocket, session),
    incoming: stream,
    outgoing: stream,
    begin(status, given) {
      if (stream.destroyed || stream.closed) return false
      stream.respond({ ...given, ':status': status } as OutgoingHttp2Headers)
      return true
    },
  }
}

async function serve(exchange: Exchange, options: HttpServerOptions): Promise<void> {
  const { request, visitor, incoming, outgoing } = exchange
  const gone = new AbortController()
  const isAnswered = options.inFlight.begin()
  const leave = (): void => {
    // What was given out whole keeps nobody busy any more. A reason of its own saves making an error with a stack.
    if (!outgoing.writableEnded) gone.abort(clientLeft)
  }
  outgoing.on('close', leave)
  outgoing.on('error', leave)
  let entry: Entry | undefined
  try {
    entry = await options.door.enter(request, visitor)
    const response = await entry.handle(await readBody(incoming), gone.signal)
    if (isStreaming(response.body)) isAnswered()
    await send(response, exchange, gone.signal)
  } catch (error) {
    if (gone.signal.aborted) return
    if (!(error instanceof StatusError)) options.log.error({ error: String(error), path: request.path }, 'request failed')
    await send(refusal(error), exchange, gone.signal).catch(() => outgoing.destroy())
  } finally {
    entry?.ended()
    isAnswered()
  }
}

function plainRequest(method = 'GET', path = '/', given: IncomingMessage['headers'] = {}): ApiRequest {
  const headers: Record<string, string> = {}
  for (const name in given) {
    const value = given[name]
    if (!name.startsWith(':') && value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return { method, path, headers }
}

/** By events: iterating costs each request three times as much. Who has left may have done so before anybody listened. */
function readBody(incoming: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let kept = 0
  let seen = 0
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    const left = (): void => {
      if (!incoming.readableEnded) reject(new Error(clientLeft))
    }
    incoming.on('data', (chunk: Buffer) => {
      seen += chunk.length
      if (seen > mostDroppedBytes) {
        incoming.destroy()
        end()
      }
      if (kept >= mostBodyBytes) return
      chunks.push(chunk.subarray(0, mostBodyBytes - kept))
      kept += chunk.length
    })
    incoming.on('end', end)
    incoming.on('error', reject)
    incoming.on('close', left)
    if (incoming.destroyed) left()
  })
}

async function send(response: ApiResponse, exchange: Exchange, gone: AbortSignal): Promise<void> {
  if (isStreaming(response.body)) return sendFrames(response, response.body, exchange, gone)
  const { request, outgoing } = exchange
  const zipped = isWorthZipping(response, response.body, request) ? await compress(response.body) : undefined
  const body = zipped ?? response.body
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const headers = { ...response.headers, 'content-length': String(length), ...(zipped === undefined ? {} : zippedHeaders) }
  if (!exchange.begin(response.status, headers)) return
  await new Promise<void>((resolve) => {
    outgoing.on('finish', resolve)
    outgoing.on('close', resolve)
    if (request.method !== 'HEAD') outgoing.write(body)
    outgoing.end()
  })
}

const zippedHeaders = { 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' }

function isWorthZipping(response: ApiResponse, body: Uint8Array | string, request: ApiRequest): boolean {
  const accepted = request.headers['accept-encoding']?.includes('gzip') === true
  return accepted && body.length > gzipAboveBytes && response.headers['content-encoding'] === undefined
}

async function sendFrames(
  response: ApiResponse,
  frames: AsyncIterable<Uint8Array | string>,
  { begin, outgoing }: Exchange,
  gone: AbortSignal,
): Promise<void> {
  if (!begin(response.status, response.headers)) return
  for await (const frame of frames) {
    const turn = turnOfFrame()
    if (turn !== undefined) await turn
    if (gone.aborted) return
    if (!outgoing.write(frame)) await drained(outgoing, gone)
  }
  outgoing.end()
}

function drained(outgoing: Writable, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      gone.removeEventListener('abort', done)
      outgoing.off('drain', done)
      resolve()
    }
    outgoing.once('drain', done)
    gone.addEventListener('abort', done)
  })
}
