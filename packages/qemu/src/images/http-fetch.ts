// fetch, over Node's older HTTP client. The newer one behind the global fetch has ended this whole process with a failed
// assertion (`!this.paused`) when a small server closed its connection while the reader of a large answer was slow.

import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Readable } from 'node:stream'

/** What this fetch takes of a RequestInit. */
export interface HttpFetchInit {
  method?: string
  headers?: Record<string, string>
  /** A form. */
  body?: URLSearchParams
  signal?: AbortSignal
  /** For tests: how long nothing may come, before the answer or in the middle of it. */
  silenceMs?: number
  /** `manual` gives the answer that redirects; `follow`, the default, what it leads to. A form is never sent on. */
  redirect?: 'follow' | 'manual'
}

const mostRedirects = 10
/** A connection on which nothing came for so long is dead, be it before the answer or in the middle of it. */
const usualSilenceMs = 60_000
const redirects: readonly number[] = [301, 302, 303, 307, 308]
const bodiless: readonly number[] = [204, 205, 304]

/**
 * Rejects with what Node says of the connection (`code`: ECONNREFUSED, ENOTFOUND, …), or with the reason of `signal`. A
 * connection that breaks in the middle of the answer fails the reader of its body with ECONNRESET; one that is silent for a
 * minute fails whoever waits for it.
 */
export async function httpFetch(address: string | URL, init: HttpFetchInit = {}): Promise<Response> {
  let url = new URL(address)
  const { method = 'GET', body, signal, silenceMs = usualSilenceMs } = init
  const headers = new Headers(init.headers)
  if (body !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded')
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await send(url, { method, headers, body, signal, silenceMs })
    const location = response.headers.get('location')
    const isFinal = location === null || body !== undefined || !redirects.includes(response.status)
    if (isFinal || init.redirect === 'manual') return response
    await response.body?.cancel()
    const next = new URL(location, url)
    // Who we are is told to the one who was asked, never to where it sends us.
    if (next.origin !== url.origin) headers.delete('authorization')
    url = next
  }
  throw new Error(`${url.host} sends from one place to the next more than ${mostRedirects} times`)
}

interface Sent {
  method: string
  headers: Headers
  body: URLSearchParams | undefined
  signal: AbortSignal | undefined
  silenceMs: number
}

function send(url: URL, { method, headers, body, signal, silenceMs }: Sent): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    let answer: IncomingMessage | undefined
    const end = (why: unknown): void => void (answer ?? sent).destroy(why as Error)
    const stop = (): void => end(signal?.reason)
    const sent = request(url, { method, headers: Object.fromEntries(headers), agent: false }, (incoming) => {
      answer = incoming
      // While nobody asks for more it is the reader who takes their time.
      incoming.on('pause', () => incoming.socket.setTimeout(0))
      incoming.on('resume', () => incoming.socket.setTimeout(silenceMs))
      resolve(responseOf(incoming))
    })
    signal?.addEventListener('abort', stop, { once: true })
    sent.on('socket', (socket) => {
      socket.setTimeout(silenceMs)
      socket.on('timeout', () => end(new Error(`${url.host} was silent for ${silenceMs / 1000} s`)))
    })
    sent.on('error', reject)
    sent.on('close', () => signal?.removeEventListener('abort', stop))
    sent.end(body?.toString())
  })
}

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = incoming
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string)
  if (!bodiless.includes(status)) return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}
