// Bytes that are no request, sent to the port of a server.

import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'

/** A server that keeps such a connection would keep it for ever. */
const droppedWithinMs = 10_000

const words = fc.constantFrom(
  'GET / HTTP/1.1\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'Host: a\r\n',
  'Content-Length: -1\r\n',
  '\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Upgrade: websocket\r\n',
  '\0',
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(words, { maxLength: 5 }).map((lines) => Buffer.from(lines.join(''))),
)

/** Resolves when every connection has been closed from the other side. */
export async function sendGarbage({ server, authorityPem }: { server: URL; authorityPem: string }, count: number): Promise<void> {
  const target = { host: server.hostname, port: Number(server.port) }
  const sample = fc.sample(fc.tuple(fc.boolean(), bytes), { numRuns: count, seed: 20_260_101 })
  await Promise.all(
    sample.map(([isInsideTls, garbage]) =>
      dropped(isInsideTls ? connectTls({ ...target, ca: authorityPem }) : connectPlain(target), garbage),
    ),
  )
}

function dropped(socket: Socket, garbage: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`still connected after ${JSON.stringify(Buffer.from(garbage).toString('latin1'))}`))
    }, droppedWithinMs)
    // A reset is as good an end as any.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.resume()
    socket.end(garbage)
  })
}
