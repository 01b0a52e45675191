// Joins a websocket to what its path is about: a stream of bytes, such as console, display and ports of guests as KubeVirt's clients
// open them, or a watch, as browsers follow one.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ApiRequest, type ApiResponse, isStreaming } from '@sheaf/api/client'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { Visitor } from './authentication/visitor.ts'
import type { FrontDoor } from './front-door.ts'
import { isWatch } from './is-watch.ts'
import { refusal } from './refusal.ts'

/** KubeVirt's clients speak raw bytes under this name; the token may be offered beside it. */
const plainProtocol = 'plain.kubevirt.io'

const websockets = new WebSocketServer({
  noServer: true,
  // Compressing a console costs ten times its worth.
  perMessageDeflate: false,
  handleProtocols: (offered) =>
    offered.has(plainProtocol) ? plainProtocol : ([...offered].find((each) => !each.includes('.bearer.')) ?? false),
})

export async function joinWebsocket(
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  request: ApiRequest,
  { door, visitor }: { door: FrontDoor; visitor: Visitor },
): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    const entry = await door.enter(request, visitor)
    socket.once('close', entry.ended)
    if (isWatch(request)) return await joinWatch(incoming, socket, head, (signal) => entry.handle(undefined, signal))
    const stream = await entry.connect()
    // The client may be gone by now, or have sent no proper handshake: then there is never a websocket that could end it.
    if (socket.destroyed) return void stream.destroy()
    socket.once('close', () => stream.destroy())
    websockets.handleUpgrade(incoming, socket, head, (websocket) => bridge(websocket, stream))
  } catch (error) {
    refuse(socket, refusal(error))
  }
}

function refuse(socket: Duplex, { status, headers, body }: ApiResponse & { body: string | Uint8Array }): void {
  const type = String(headers['content-type'])
  socket.write(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`,
  )
  socket.end(body)
}

/** One text message an event, without the line's end. What the client sends means nothing. */
async function joinWatch(
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  open: (signal: AbortSignal) => Promise<ApiResponse>,
): Promise<void> {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  const { body, ...answer } = await open(gone.signal)
  if (!isStreaming(body)) return refuse(socket, { ...answer, body })
  // The client may be gone by now, or have sent no proper handshake: then the watch ends by the signal.
  if (socket.destroyed) return
  websockets.handleUpgrade(incoming, socket, head, (websocket) => {
    websocket.on('error', () => {}) // `close` tells.
    void sendAll(textOf(body), websocket, { binary: false })
  })
}

async function* textOf(frames: AsyncIterable<Uint8Array | string>): AsyncIterable<string> {
  for await (const frame of frames) yield (typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8')).trimEnd()
}

/** Clients read this code as the end of the stream, and any other as a fault. */
const normalClosure = 1000

/** Either side may leave at any time; then both are closed. */
function bridge(websocket: WebSocket, stream: Duplex): void {
  const wire = createWebSocketStream(websocket)
  wire.on('error', () => {}) // `close` tells.
  stream.on('error', () => {})
  wire.pipe(stream)
  // What the client still sends is let go, so that its answer to our closing is seen.
  stream.once('close', () => wire.resume())
  websocket.once('close', () => stream.destroy())
  void sendAll(stream, websocket, { binary: true })
}

async function sendAll(
  chunks: AsyncIterable<Buffer | string>,
  websocket: WebSocket,
  options: { binary: boolean },
): Promise<void> {
  try {
    for await (const chunk of chunks) await new Promise<void>((resolve) => websocket.send(chunk, options, () => resolve()))
  } catch {
    // It was cut off, which is an end as well.
  }
  websocket.close(normalClosure)
}
