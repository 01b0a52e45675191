// Tokens of an identity provider that the administrator trusts, such as Keycloak or Dex: checked against the keys that the
// provider publishes, which are fetched when they are needed and kept for a while.

import type { Log } from '@sheaf/machinery/controller'
import type { UserInfo } from '@sheaf/machinery/kind'
import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { fetchJson } from './fetch-json.ts'

export interface OidcSettings {
  issuerUrl: string
  /** Whom tokens must be made for. */
  clientId: string
  /** The claim that names the user: `sub` unless another is given. */
  usernameClaim: string
  /** Goes before every name, so that it is nobody else's. */
  usernamePrefix: string
  groupsClaim: string | undefined
  groupsPrefix: string
  /** What else a token must say. */
  requiredClaims: Readonly<Record<string, string>>
  /** Of the provider's certificate; the system's authorities where it is absent. */
  authorityPem: string | undefined
}

export interface OidcPorts {
  log: Log
  nowMs: () => number
}

/** No secret is shared with the provider, so none of those that need one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']
/** Keys are changed within days. */
const keepKeysMs = 10 * 60 * 1000
/** Whoever sends tokens with keys that nobody has must not have us ask the provider each time. */
const askAgainMs = 30 * 1000
const answerMs = 5 * 1000
/** Of a token that nobody has checked yet. */
const mostTokenBytes = 16 * 1024
/** A user is in some dozen groups. Each is looked up with every request. */
const mostGroups = 500

type KeySet = ReturnType<typeof createRemoteJWKSet>

/** Undefined for tokens of others, and for those that do not hold. */
export function oidcReader(settings: OidcSettings, ports: OidcPorts): (token: string) => Promise<UserInfo | undefined> {
  let keys: KeySet | undefined
  let failedMs = Number.NEGATIVE_INFINITY

  async function knownKeys(): Promise<KeySet | undefined> {
    if (keys !== undefined || ports.nowMs() - failedMs < askAgainMs) return keys
    try {
      keys = await discover(settings)
    } catch (error) {
      failedMs = ports.nowMs()
      ports.log.warn({ issuer: settings.issuerUrl, error: String(error) }, 'the identity provider cannot be asked')
    }
    return keys
  }

  return async (token) => {
    if (token.length > mostTokenBytes || !isFrom(settings.issuerUrl, token)) return undefined
    const found = await knownKeys()
    if (found === undefined) return undefined
    try {
      const { issuerUrl: issuer, clientId: audience } = settings
      const currentDate = new Date(ports.nowMs())
      const { payload } = await jwtVerify(token, found, { issuer, audience, algorithms, currentDate, requiredClaims: ['exp'] })
      return userIn(payload, settings)
    } catch (error) {
      if (!(error instanceof errors.JOSEError))
        ports.log.warn({ error: String(error) }, 'the keys of the identity provider cannot be had')
      return undefined
    }
  }
}

function isFrom(issuer: string, token: string): boolean {
  try {
    return decodeJwt(token).iss === issuer
  } catch {
    return false
  }
}

async function discover({ issuerUrl, authorityPem }: OidcSettings): Promise<KeySet> {
  const limits = { authorityPem, timeoutMs: answerMs }
  const url = `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { issuer, jwks_uri: keysUrl } = (await fetchJson(url, limits)) as { issuer?: unknown; jwks_uri?: unknown }
  if (issuer !== issuerUrl) throw new Error(`${url} says that its issuer is ${JSON.stringify(issuer)}, not ${issuerUrl}`)
  if (typeof keysUrl !== 'string' || !URL.canParse(keysUrl)) throw new Error(`${url} names no jwks_uri`)
  return createRemoteJWKSet(new URL(keysUrl), {
    cacheMaxAge: keepKeysMs,
    cooldownDuration: askAgainMs,
    timeoutDuration: answerMs,
    [customFetch]: async (address: string) => Response.json(await fetchJson(address, limits)),
  })
}

/** Exported for its tests. Undefined when a claim is missing or says what it may not. Pure. */
export function userIn(claims: JWTPayload, settings: OidcSettings): UserInfo | undefined {
  const { usernameClaim, usernamePrefix, groupsClaim, groupsPrefix, requiredClaims } = settings
  const name = claims[usernameClaim]
  if (typeof name !== 'string' || name === '') return undefined
  // An address that its provider has not checked may be anybody's.
  if (usernameClaim === 'email' && claims['email_verified'] !== undefined && claims['email_verified'] !== true) return undefined
  if (Object.entries(requiredClaims).some(([claim, value]) => claims[claim] !== value)) return undefined
  const listed = groupsClaim === undefined ? [] : [claims[groupsClaim] ?? []].flat()
  if (listed.length > mostGroups || !listed.every((each) => typeof each === 'string')) return undefined
  const username = `${usernamePrefix}${name}`
  const groups = listed.map((each) => `${groupsPrefix}${each}`)
  // The platform's own names are given by the platform alone, whatever a provider calls its users.
  return [username, ...groups].some((each) => each.startsWith('system:')) ? undefined : { username, groups }
}
