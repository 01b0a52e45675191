// Joins a websocket to a stream of bytes: the console, as KubeVirt's clients open it.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ApiRequest } from '@sheaf/api/client'
import { createWebSocketStream, WebSocketServer } from 'ws'
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
    websockets.handleUpgrade(incoming, socket, head, (websocket) => {
      const wire = createWebSocketStream(websocket, { encoding: undefined })
      // Either side may leave at any time; then both are closed.
      pipeline(wire, stream).catch(() => wire.destroy())
      pipeline(stream, wire).catch(() => stream.destroy())
    })
  } catch (error) {
    const { status, body } = refusal(error)
    const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`
    socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`)
  }
}
