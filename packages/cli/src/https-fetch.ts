// The client's transport over HTTP and HTTPS.

import { type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent, request as secureRequest } from 'node:https'
import type { ApiRequest, ApiResponse, Fetch } from '@sheaf/api/client'
import type { Access } from './kubeconfig.ts'

export type HttpsFetchOptions = Pick<Access, 'server'> & Partial<Access> & { deadlines?: Deadlines }

interface Deadlines {
  /** Until the connection stands and is secure, in milliseconds. */
  connectMs: number
  /** From then until the answer begins. What follows may take its time, as a log that is followed does. */
  answerMs: number
}

/** A server on this machine connects within milliseconds. Kubernetes ends a request of its own after a minute. */
const usualDeadlines: Deadlines = { connectMs: 5_000, answerMs: 60_000 }

export function httpsFetch({ deadlines = usualDeadlines, ...access }: HttpsFetchOptions): Fetch {
  const { server, authorization } = access
  const isSecure = server.protocol === 'https:'
  const request = isSecure ? secureRequest : plainRequest
  const agent = isSecure ? new Agent({ keepAlive: true, ...tlsOptions(access) }) : undefined
  // A server may live below a path, as behind Rancher.
  const root = server.pathname.replace(/\/$/, '')
  return (asked) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...(agent === undefined ? {} : { agent }),
          host: server.hostname.replace(/^\[|\]$/g, ''),
          port: server.port,
          method: asked.method,
          path: `${root}${asked.path}`,
          headers: { ...definedHeaders(asked), ...lengthHeader(asked), ...(authorization && { authorization }) },
          ...(asked.signal === undefined ? {} : { signal: asked.signal }),
        },
        (incoming) => {
          clearTimeout(timer)
          void answer(asked, incoming).then(resolve, reject)
        },
      )
      let timer = giveUpAfter(deadlines.connectMs)
      outgoing.on('socket', (socket) => {
        const isConnected = (): void => {
          clearTimeout(timer)
          timer = giveUpAfter(deadlines.answerMs)
        }
        // A connection that is used again is secure already.
        if (outgoing.reusedSocket) isConnected()
        else socket.once(isSecure ? 'secureConnect' : 'connect', isConnected)
      })
      outgoing.on('error', (cause) => {
        clearTimeout(timer)
        reject(cause instanceof ServerSilent ? cause : new Error(`cannot reach the server at ${server.origin}`, { cause }))
      })

      function giveUpAfter(ms: number): NodeJS.Timeout {
        return setTimeout(() => outgoing.destroy(new ServerSilent(server, ms)), ms)
      }

      outgoing.end(asked.body)
    })
}

/** What a connection is told of whom to trust, and who it is. */
export function tlsOptions({ authorityPem, certificatePem, keyPem, serverName, trustsAnybody }: HttpsFetchOptions) {
  return {
    ...(authorityPem === undefined ? {} : { ca: authorityPem }),
    ...(certificatePem === undefined ? {} : { cert: certificatePem }),
    ...(keyPem === undefined ? {} : { key: keyPem }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(trustsAnybody === true ? { rejectUnauthorized: false } : {}),
  }
}

class ServerSilent extends Error {
  constructor(server: URL, ms: number) {
    super(
      `the server at ${server.origin} has not answered within ${ms / 1000} s. It may be held up, or not be a server of Sheaf: look at its log; to start it anew, end its process and run sheaf up (guests run on)`,
    )
    this.name = 'ServerSilent'
  }
}

/** Node sends the body of a DELETE without saying how long it is, and the server would read it as the next request. */
function lengthHeader({ body }: ApiRequest): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

function definedHeaders(asked: ApiRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(asked.headers).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

async function answer(asked: ApiRequest, incoming: IncomingMessage): Promise<ApiResponse> {
  const status = incoming.statusCode ?? 0
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined) headers[name] = value
  if (status < 400 && /[?&](watch|follow)=/.test(asked.path)) return { status, headers, body: incoming }
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return { status, headers, body: Buffer.concat(chunks) }
}
