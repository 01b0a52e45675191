// Tokens of ServiceAccounts: signed with a key of this server, and good only as long as what they are bound to is there.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import {
  type Secret,
  type ServiceAccount,
  secretDefinition,
  serviceAccountDefinition,
  serviceAccountGroups,
  serviceAccountUsername,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isBeingDeleted, type Random, toBase64 } from '@sheaf/api/meta'
import { type TokenIssuer, type TokenReader, type TokenSubject, tokenSecretType } from '@sheaf/kinds'
import type { UserInfo } from '@sheaf/machinery/kind'
import { decodeJwt, errors, exportJWK, calculateJwkThumbprint, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { secretTest } from './bearer.ts'

/** Kubernetes' own default: programs compare it with nothing, but it must be the same tomorrow. */
export const tokenIssuerUrl = 'https://kubernetes.default.svc.cluster.local'
/** What tokens that last as long as their Secret say instead. */
const secretIssuer = 'kubernetes/serviceaccount'
const algorithm = 'ES256'

export interface AccountTokenPorts {
  keyPem: string
  authorityPem: () => string
  client: Client
  nowMs: () => number
  random: Random
}

export interface AccountTokens extends TokenIssuer, TokenReader {
  /** For who wants to check tokens without asking here. */
  publicKeys: { keys: readonly JWK[] }
}

export async function accountTokens(ports: AccountTokenPorts): Promise<AccountTokens> {
  const privateKey = createPrivateKey(ports.keyPem)
  const publicKey = createPublicKey(privateKey)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid }).sign(privateKey)
  return {
    defaultAudiences: [tokenIssuerUrl],
    authorityPem: ports.authorityPem,
    publicKeys: { keys: [{ ...jwk, kid, alg: algorithm, use: 'sig' }] },
    issue: (subject, { audiences, issuedMs, expiresMs }) =>
      sign({
        iss: tokenIssuerUrl,
        sub: usernameOf(subject),
        aud: [...audiences],
        iat: seconds(issuedMs),
        nbf: seconds(issuedMs),
        exp: seconds(expiresMs),
        jti: ports.random.uuid(),
        [privateClaim]: claimOf(subject),
      }),
    issueForSecret: (subject) => sign({ iss: secretIssuer, sub: usernameOf(subject), ...secretClaims(subject) }),
    read: (token, audiences) => read(token, audiences.length === 0 ? [tokenIssuerUrl] : audiences, publicKey, ports),
  }
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

const usernameOf = ({ namespace, serviceAccount }: TokenSubject): string => serviceAccountUsername(namespace, serviceAccount.name)

const claim = (name: string): string => `${secretIssuer}/${name}`

function secretClaims({ namespace, serviceAccount, secret }: TokenSubject): JWTPayload {
  return {
    [claim('namespace')]: namespace,
    [claim('secret.name')]: secret?.name ?? '',
    [claim('service-account.name')]: serviceAccount.name,
    [claim('service-account.uid')]: serviceAccount.uid,
  }
}

type Read = Awaited<ReturnType<TokenReader['read']>>

async function read(token: string, audiences: readonly string[], key: KeyObject, ports: AccountTokenPorts): Promise<Read> {
  const claims = await verifiedClaims(token, key, ports)
  if (claims === undefined) return undefined
  const isForSecret = claims.iss === secretIssuer
  // A token from before audiences is for this server.
  const named = isForSecret ? [tokenIssuerUrl] : [claims.aud ?? []].flat()
  const meant = audiences.filter((each) => named.includes(each))
  if (meant.length === 0) return undefined
  const subject = isForSecret ? secretSubject(claims) : claimedSubject(claims)
  if (subject === undefined || !(await isAlive(subject, isForSecret ? token : undefined, ports))) return undefined
  return { user: userOf(subject, claims), audiences: meant }
}

/** Undefined for a token of somebody else's, and for one that has ended or was changed. */
async function verifiedClaims(token: string, key: KeyObject, { nowMs }: AccountTokenPorts): Promise<JWTPayload | undefined> {
  try {
    const { iss } = decodeJwt(token)
    if (iss !== tokenIssuerUrl && iss !== secretIssuer) return undefined
    const currentDate = new Date(nowMs())
    const requiredClaims = iss === tokenIssuerUrl ? ['exp', 'aud'] : []
    const { payload } = await jwtVerify(token, key, { algorithms: [algorithm], currentDate, requiredClaims })
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** Where Kubernetes puts what a token is bound to, and how it writes that. */
const privateClaim = 'kubernetes.io'

interface PrivateClaim {
  namespace: string
  serviceaccount: { name: string; uid: string }
  secret?: { name: string; uid: string }
}

function claimOf({ namespace, serviceAccount, secret }: TokenSubject): PrivateClaim {
  return { namespace, serviceaccount: serviceAccount, ...(secret === undefined ? {} : { secret }) }
}

/** The signature says that we wrote the claims, in this shape. */
function claimedSubject(claims: JWTPayload): TokenSubject | undefined {
  const claimed = claims[privateClaim] as PrivateClaim | undefined
  if (claimed === undefined) return undefined
  const { namespace, serviceaccount, secret } = claimed
  return { namespace, serviceAccount: serviceaccount, ...(secret === undefined ? {} : { secret }) }
}

function secretSubject(claims: JWTPayload): TokenSubject {
  const text = (name: string): string => {
    const value = claims[claim(name)]
    return typeof value === 'string' ? value : ''
  }
  const serviceAccount = { name: text('service-account.name'), uid: text('service-account.uid') }
  return { namespace: text('namespace'), serviceAccount, secret: { name: text('secret.name'), uid: '' } }
}

/** Asked of the store each time: what is deleted is shut out with the next request. `held` is what the Secret must hold. */
async function isAlive(
  { namespace, serviceAccount, secret }: TokenSubject,
  held: string | undefined,
  { client }: AccountTokenPorts,
) {
  const accounts = client.resource<ServiceAccount>(serviceAccountDefinition)
  const account = await accounts.find({ namespace, name: serviceAccount.name })
  if (account === undefined || account.metadata.uid !== serviceAccount.uid || isBeingDeleted(account)) return false
  if (secret === undefined) return true
  const found = await client.resource<Secret>(secretDefinition).find({ namespace, name: secret.name })
  if (found === undefined || isBeingDeleted(found)) return false
  if (held === undefined) return found.metadata.uid === secret.uid
  return found.type === tokenSecretType && secretTest(toBase64(held))(found.data?.['token'] ?? '')
}

function userOf({ namespace, serviceAccount }: TokenSubject, { jti }: JWTPayload): UserInfo {
  return {
    username: serviceAccountUsername(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    ...(jti === undefined ? {} : { extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } }),
  }
}
