// The client's transport over HTTPS, trusting only the server's own authority.

import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { ApiRequest, ApiResponse, Fetch } from '@sheaf/api/client'

export interface HttpsFetchOptions {
  server: URL
  authorityPem: string
  token: string
}

export function httpsFetch({ server, authorityPem, token }: HttpsFetchOptions): Fetch {
  const agent = new Agent({ keepAlive: true, ca: authorityPem })
  return (asked) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent,
          host: server.hostname,
          port: server.port,
          method: asked.method,
          path: asked.path,
          headers: { ...definedHeaders(asked), ...lengthHeader(asked), authorization: `Bearer ${token}` },
          ...(asked.signal === undefined ? {} : { signal: asked.signal }),
        },
        (incoming) => void answer(asked, incoming).then(resolve, reject),
      )
      outgoing.on('error', (cause) => reject(new Error(`cannot reach the server at ${server.origin}`, { cause })))
      outgoing.end(asked.body)
    })
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
