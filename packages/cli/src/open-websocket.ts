// A websocket to the server, as KubeVirt's clients open one: raw bytes under the name that they have for it.

import { statusErrorFrom } from '@sheaf/api/meta'
import { WebSocket } from 'ws'
import { CommandError } from './connection.ts'
import { type HttpsFetchOptions, tlsOptions } from './https-fetch.ts'

/** A guest whose console is opened answers at once; a server that does not will not. */
const handshakeMs = 10_000

/** Resolves when it is open; throws the server's refusal. `onBytes` is told from the first byte on, which may come together with the opening. */
export async function openWebsocket(
  access: HttpsFetchOptions,
  path: string,
  onBytes: (bytes: Buffer) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(new URL(path, access.server.origin.replace(/^http/, 'ws')), 'plain.kubevirt.io', {
    ...tlsOptions(access),
    headers: access.authorization === undefined ? {} : { authorization: access.authorization },
    perMessageDeflate: false,
    handshakeTimeout: handshakeMs,
  })
  socket.on('message', onBytes)
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (cause) => reject(new CommandError(`cannot open ${path}: ${cause.message}`)))
    socket.once('unexpected-response', (_request, response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => reject(refusalIn(text, response.statusCode ?? 0)))
    })
  })
  return socket
}

function refusalIn(text: string, code: number): Error {
  try {
    return statusErrorFrom(JSON.parse(text))
  } catch {
    return new CommandError(`the server answered ${code}: ${text}`)
  }
}
