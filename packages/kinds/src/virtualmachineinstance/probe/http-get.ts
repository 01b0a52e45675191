// One HTTP question over a connection into the guest. Certificates are not looked at: the kubelet does not either.

import { type ClientRequest, request as ask, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as secure } from 'node:tls'
import type { Probe } from '@sheaf/api'
import type { Outcome } from './tally.ts'

type HttpGet = NonNullable<Probe['httpGet']>

export type OpenPort = (port: number) => Promise<Duplex>

/** As Go's client: a guest that sends its visitors round in circles is not healthy. */
const mostRedirects = 10
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** `host` is the name by which the guest is asked; the connection always goes to the guest. */
export async function httpGet(
  action: HttpGet,
  where: { host: string; port: number },
  openPort: OpenPort,
  signal: AbortSignal,
): Promise<Outcome> {
  const host = action.host || where.host
  const path = action.path?.startsWith('/') === true ? action.path : `/${action.path ?? ''}`
  const scheme = action.scheme?.toLowerCase() === 'https' ? 'https' : 'http'
  let url = new URL(`${scheme}://${host}:${where.port}${path}`)
  let port = where.port
  const headers = headersOf(action, `${host}:${port}`)
  for (let followed = 0; followed <= mostRedirects; followed++) {
    const answer = await get(url, await openPort(port), headers, signal)
    if (answer.kind !== 'answered') return { kind: 'failure', message: `Get "${url.href}": ${answer.why}` }
    const next = redirects.has(answer.status) && answer.location !== undefined ? URL.parse(answer.location, url.href) : null
    // To another host is where the guest wants its visitors to go: it has answered.
    if (next === null || next.hostname !== url.hostname) return judge(answer.status)
    url = next
    port = Number(next.port) || (next.protocol === 'https:' ? 443 : 80)
    headers['Host'] = `${next.hostname}:${port}`
  }
  return { kind: 'failure', message: `Get "${url.href}": stopped after ${mostRedirects} redirects` }
}

const judge = (status: number): Outcome =>
  status >= 200 && status < 400
    ? { kind: 'success' }
    : { kind: 'failure', message: `HTTP probe failed with statuscode: ${status}` }

/** Servers that know the kubelet's probes, in their logs above all, know ours. */
const userAgent = 'kube-probe/1.34'

function headersOf({ httpHeaders = [] }: HttpGet, host: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { Host: host, 'User-Agent': userAgent, Accept: '*/*', Connection: 'close' }
  const given = Map.groupBy(httpHeaders, ({ name }) => name.toLowerCase())
  for (const name of Object.keys(headers)) if (given.has(name.toLowerCase())) delete headers[name]
  for (const [first, ...others] of given.values()) {
    if (first === undefined) continue
    const values = [first, ...others].map(({ value }) => value)
    headers[first.name] = values.length === 1 ? first.value : values
  }
  return headers
}

type Answer = { kind: 'answered'; status: number; location: string | undefined } | { kind: 'none'; why: string }

function get(url: URL, connection: Duplex, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<Answer> {
  if (signal.aborted || connection.destroyed) {
    connection.destroy()
    return Promise.resolve({ kind: 'none', why: closedAtOnce })
  }
  const stream =
    url.protocol === 'https:' ? secure({ socket: connection, rejectUnauthorized: false, servername: '' }) : connection
  return new Promise<Answer>((resolve) => {
    const asked: ClientRequest = ask({
      createConnection: () => stream,
      path: `${url.pathname}${url.search}`,
      headers,
      setHost: false,
      signal,
    })
    asked.once('response', (response: IncomingMessage) => {
      resolve({ kind: 'answered', status: response.statusCode ?? 0, location: response.headers.location })
      asked.destroy()
    })
    asked.on('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'none', why: whyNone(error) }))
    asked.end()
  }).finally(() => {
    stream.destroy()
    connection.destroy()
  })
}

/** A forward takes the connection in any case, and closes it when the guest does not. */
const closedAtOnce = 'connection refused, or closed without an answer'
const whyNone = (error: NodeJS.ErrnoException): string => (error.code === 'ECONNRESET' ? closedAtOnce : error.message)
