// How the server speaks to itself as its clients do: through its port, over TLS, with the token.

import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { ApiResponse, Fetch } from '@sheaf/api/client'

export interface FrontDoorAccess {
  url: string
  authorityPem: string
  token: string
}

/** On this machine an answer takes milliseconds. A watch is silent for longer, but its answer has begun. */
const answerDeadlineMs = 5_000

export function frontDoorFetch({ url, authorityPem, token }: FrontDoorAccess): Fetch {
  const agent = new Agent({ ca: authorityPem })
  return ({ method, path, headers, body, signal }) =>
    new Promise<ApiResponse>((resolve, reject) => {
      const sent = request(
        new URL(path, url),
        {
          agent,
          method,
          headers: { ...headers, ...lengthOf(body), authorization: `Bearer ${token}` },
          timeout: answerDeadlineMs,
          ...(signal === undefined ? {} : { signal }),
        },
        (incoming) => {
          sent.setTimeout(0)
          answerOf(incoming, /[?&]watch=/.test(path)).then(resolve, reject)
        },
      )
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerDeadlineMs / 1000} s`)))
      sent.on('error', reject)
      sent.end(body)
    })
}

/** Node sends the body of a DELETE without saying how long it is, and the server would read it as the next request. */
function lengthOf(body: string | Uint8Array | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

async function answerOf(incoming: IncomingMessage, isWatch: boolean): Promise<ApiResponse> {
  const { statusCode: status = 0 } = incoming
  const body = isWatch && status < 400 ? incoming : Buffer.concat(await incoming.toArray())
  return { status, headers: { ...incoming.headers } as ApiResponse['headers'], body }
}
