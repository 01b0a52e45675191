// Asks one registry about one repository: carries its tokens, follows its redirects, and asks again when it was only busy.

import type { HttpFetchInit } from './http-fetch.ts'
import { type NetworkPorts, pause } from './network.ts'
import { networkFailure, PullFailed } from './pull-failed.ts'
import { parseChallenge } from './registry-challenge.ts'
import type { Endpoint } from './registry-endpoints.ts'
import { loginFor, type RegistryLogin } from './registry-login.ts'

export interface RegistrySession {
  readonly host: string
  /** An answer of success; `what` names the thing in words when there is none. Throws PullFailed. */
  ask(question: Question): Promise<Response>
}

export interface Question {
  method: 'GET' | 'HEAD'
  /** Below the repository: `manifests/latest`. */
  path: string
  headers?: Readonly<Record<string, string>>
  what: string
}

/** A registry that is started anew or is busy answers again within this. */
const mostAttempts = 4
const firstPauseMs = 500
/** A registry may ask for more patience than a pull has: then it fails, and is tried again later. */
const longestPauseMs = 30_000
/** Registries send blobs from elsewhere, and elsewhere may have moved. */
const mostRedirects = 5
/** Of an answer that says what is wrong. */
const mostWordsBytes = 64 * 1024
const longestWords = 300
/** Token servers say a page of text at most. */
const mostTokenBytes = 256 * 1024

export function openRegistrySession(
  endpoint: Endpoint,
  repository: string,
  logins: readonly RegistryLogin[],
  ports: NetworkPorts,
): RegistrySession {
  const login = loginFor(logins, endpoint.host, repository)
  let authorization: string | undefined

  async function ask(question: Question): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await askOnce(question)
      } catch (error) {
        ports.signal.throwIfAborted()
        const failure = networkFailure(endpoint.host, error)
        const delayMs = failure.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1)
        if (!failure.isTransient || attempt === mostAttempts || delayMs > longestPauseMs) throw failure
        await pause(delayMs, ports)
      }
    }
  }

  async function askOnce(question: Question): Promise<Response> {
    const first = await send(question)
    if (first.status !== 401) return accepted(first, question)
    // A token that was good a moment ago may have run out in the middle of a long pull.
    await first.body?.cancel()
    authorization = await authorize(first.headers.get('www-authenticate'))
    return accepted(await send(question), question)
  }

  /** What proves who we are goes to the registry alone, never to where it sends us. */
  async function send({ method, path, headers }: Question): Promise<Response> {
    let url = new URL(`${endpoint.url}/v2/${repository}/${path}`)
    const { origin } = url
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const response = await ports.fetch(url, {
        method,
        redirect: 'manual',
        headers: {
          // A packed answer would be unpacked on the way, and its digest be another.
          'accept-encoding': 'identity',
          ...headers,
          ...(authorization === undefined || url.origin !== origin ? {} : { authorization }),
        },
        signal: ports.signal,
      })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null) return response
      await response.body?.cancel()
      url = redirected(url, location)
    }
    throw new PullFailed(`${endpoint.host} sends from one place to the next more than ${mostRedirects} times`)
  }

  function redirected(from: URL, location: string): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
    if (to?.protocol === 'https:' || (to?.protocol === 'http:' && endpoint.isInsecure)) return to
    throw new PullFailed(`${endpoint.host} sends us to ${to?.host ?? location}, which is no place to speak to safely`)
  }

  async function authorize(header: string | null): Promise<string> {
    const challenge = parseChallenge(header)
    switch (challenge?.kind) {
      case undefined:
        throw new PullFailed(`${endpoint.host} wants to know who we are and does not say how: ${header ?? 'nothing'}`)
      case 'basic':
        if (login === undefined || login.username === '') throw anonymous()
        return basic(login)
      case 'bearer': {
        const realm = new URL(challenge.realm)
        if (realm.protocol !== 'https:' && !endpoint.isInsecure)
          throw new PullFailed(`${endpoint.host} sends us to ${realm.host} for a token, which is no place to speak to safely`)
        return `Bearer ${await fetchToken(realm, challenge.service, challenge.scope)}`
      }
    }
  }

  async function fetchToken(realm: URL, service: string | undefined, scope: string | undefined): Promise<string> {
    const wanted = { ...(service === undefined ? {} : { service }), scope: scope ?? `repository:${repository}:pull` }
    const { url, init } = tokenRequest(realm, wanted, login, ports.signal)
    const response = await ports.fetch(url, init).catch((error: unknown) => {
      throw networkFailure(realm.host, error)
    })
    if (!response.ok) throw await refusalOf(response, `a token for ${repository}`, realm.host)
    const answer = JSON.parse(await textOf(response, mostTokenBytes)) as { token?: unknown; access_token?: unknown }
    const token = answer.token ?? answer.access_token
    if (typeof token === 'string' && token !== '') return token
    throw new PullFailed(`${realm.host} gave no token for ${repository}`)
  }

  async function accepted(response: Response, { what }: Question): Promise<Response> {
    if (response.ok) return response
    throw await refusalOf(response, what, endpoint.host)
  }

  async function refusalOf(response: Response, what: string, host: string): Promise<PullFailed> {
    const words = await wordsOf(response)
    const said = `${host} answered ${response.status}${words === '' ? '' : ` (${words})`}`
    switch (response.status) {
      case 401:
      case 403:
        return login === undefined
          ? new PullFailed(`unauthorized: ${said} when asked for ${what} without a login; name one in imagePullSecret`)
          : new PullFailed(`unauthorized: ${said} when asked for ${what} as ${login.username || 'the owner of the token'}`)
      case 404:
        return new PullFailed(`not found: ${said} when asked for ${what}`)
      case 429:
        return new PullFailed(`too many requests: ${said}`, { isTransient: true, retryAfterMs: retryAfterMs(response) })
      default:
        return new PullFailed(`${said} when asked for ${what}`, {
          isTransient: response.status >= 500 || response.status === 408,
          retryAfterMs: retryAfterMs(response),
        })
    }
  }

  function anonymous(): PullFailed {
    return new PullFailed(`unauthorized: ${endpoint.host} wants a login for ${repository}; name one in imagePullSecret`)
  }

  /** In seconds, or as the moment itself. */
  function retryAfterMs(response: Response): number | undefined {
    const text = response.headers.get('retry-after')
    if (text === null) return undefined
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - ports.clock.now()
    return Number.isNaN(ms) ? undefined : Math.max(0, ms)
  }

  return { host: endpoint.host, ask }
}

function tokenRequest(
  realm: URL,
  wanted: Record<string, string>,
  login: RegistryLogin | undefined,
  signal: AbortSignal,
): { url: URL; init: HttpFetchInit } {
  // What was meant for one server is not handed on to where it points.
  const shared = { redirect: 'manual', signal } as const
  if (login?.identityToken !== undefined) {
    const form = { grant_type: 'refresh_token', client_id: 'sheaf', refresh_token: login.identityToken, ...wanted }
    return { url: realm, init: { ...shared, method: 'POST', body: new URLSearchParams(form) } }
  }
  const url = new URL(realm)
  for (const [key, value] of Object.entries(wanted)) url.searchParams.set(key, value)
  return { url, init: { ...shared, headers: login === undefined ? {} : { authorization: basic(login) } } }
}

const basic = ({ username, password }: RegistryLogin): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** What registries say in `{"errors": [{"code": …, "message": …}]}`; else the beginning of what they said. */
async function wordsOf(response: Response): Promise<string> {
  const text = await textOf(response, mostWordsBytes).catch(() => '')
  try {
    const { errors } = JSON.parse(text) as { errors: { code?: string; message?: string }[] }
    return errors
      .map(({ code, message }) => [code, message].filter(Boolean).join(': '))
      .join('; ')
      .slice(0, longestWords)
  } catch {
    return /^\s*</.test(text) ? '' : text.trim().slice(0, longestWords)
  }
}

/** Throws PullFailed when there is more of it. */
export async function textOf(response: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new PullFailed(`${new URL(response.url).host} answered with more than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
