// Joins a websocket to a stream of bytes: console, display and ports of guests, as KubeVirt's clients open them.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ApiRequest } from '@sheaf/api/client'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { FrontDoor } from './front-door.ts'
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
  door: FrontDoor,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    const user = door.authenticate(request)
    const stream = await door.apiServer.connect(request, user)
    // The client may be gone by now, or have sent no proper handshake: then there is never a websocket that could end it.
    if (socket.destroyed) return void stream.destroy()
    socket.once('close', () => stream.destroy())
    websockets.handleUpgrade(incoming, socket, head, (websocket) => bridge(websocket, stream))
  } catch (error) {
    const { status, body } = refusal(error)
    const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`
    socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`)
  }
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
  void sendAll(stream, websocket)
}

async function sendAll(stream: Duplex, websocket: WebSocket): Promise<void> {
  try {
    for await (const chunk of stream) {
      await new Promise<void>((resolve) => websocket.send(chunk as Buffer, { binary: true }, () => resolve()))
    }
  } catch {
    // It was cut off, which is an end as well.
  }
  websocket.close(normalClosure)
}
