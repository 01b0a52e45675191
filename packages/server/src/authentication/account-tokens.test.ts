import { bodyText } from '@sheaf/api/client'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { schemas, type Secret, type ServiceAccount, secretDefinition, serviceAccountDefinition } from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import { toBase64 } from '@sheaf/api/meta'
import { controllerUser, secretKind, serviceAccountKind, type TokenSubject, tokenSecretType } from '@sheaf/kinds'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom, type ManualClock } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { openMemoryStore } from '@sheaf/machinery/store'
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { kubernetesVersion } from '../version.ts'
import { newAccountKey } from './access-keys.ts'
import { type AccountTokens, accountTokens, tokenIssuerUrl } from './account-tokens.ts'
import { issuerDocuments } from './issuer-documents.ts'

const key = { namespace: 'shop', name: 'robot' }
const keyPem = newAccountKey()
const hourMs = 3_600_000
let clock: ManualClock
let client: Client
let tokens: AccountTokens
let subject: TokenSubject

beforeEach(async () => {
  clock = createManualClock(Date.UTC(2026, 0, 1))
  const random = createSeededRandom(1)
  client = createClient({ fetch: (request) => server.fetchAs(controllerUser)(request), userAgent: 'test' })
  tokens = await accountTokens({ keyPem, authorityPem: () => 'PEM', client, random, nowMs: clock.now })
  const server = createApiServer({
    store: openMemoryStore(),
    kinds: [secretKind, serviceAccountKind({ client, clock, tokens })] as Kind[],
    schemas,
    clock,
    random,
    version: kubernetesVersion(),
    readiness: [],
    storeDescription: 'memory',
    onInternalError: () => {},
  })
  const { metadata } = await accounts().create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: key })
  subject = { namespace: 'shop', serviceAccount: { name: 'robot', uid: metadata.uid ?? '' } }
})

const accounts = () => client.resource<ServiceAccount>(serviceAccountDefinition)
const secrets = () => client.resource<Secret>(secretDefinition)
const issue = (audiences = [tokenIssuerUrl], more: Partial<TokenSubject> = {}): Promise<string> =>
  tokens.issue({ ...subject, ...more }, { audiences, issuedMs: clock.now(), expiresMs: clock.now() + hourMs })
const read = async (token: string, audiences: string[] = []) => tokens.read(token, audiences)

describe('a token of a ServiceAccount', () => {
  test('AC32 is the account with its groups, and says what Kubernetes puts into one', async () => {
    const token = await issue()
    const { jti } = decodeJwt(token)
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: tokens.publicKeys.keys[0]?.kid })
    const iat = clock.now() / 1000
    expect(decodeJwt(token)).toEqual({
      iss: tokenIssuerUrl,
      sub: 'system:serviceaccount:shop:robot',
      aud: [tokenIssuerUrl],
      iat,
      nbf: iat,
      exp: iat + 3600,
      jti,
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'robot', uid: subject.serviceAccount.uid } },
    })
    expect(await read(token)).toEqual({
      audiences: [tokenIssuerUrl],
      user: {
        username: 'system:serviceaccount:shop:robot',
        uid: subject.serviceAccount.uid,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] },
      },
    })
  })

  test('AC32 ends when its time is over', async () => {
    const token = await issue()
    clock.advance(hourMs - 1000)
    expect(await read(token)).toBeDefined()
    clock.advance(2000)
    expect(await read(token)).toBeUndefined()
  })

  test('AC32 is good for those alone whom it names', async () => {
    const token = await issue(['vault', 'registry'])
    expect(await read(token)).toBeUndefined()
    expect(await read(token, ['registry', 'other'])).toMatchObject({ audiences: ['registry'] })
    expect(await read(token, ['other'])).toBeUndefined()
  })

  test('AC33 ends with its account, also when another of that name takes its place', async () => {
    const token = await issue()
    await accounts().delete(key)
    expect(await read(token)).toBeUndefined()
    await accounts().create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: key })
    expect(await read(token)).toBeUndefined()
  })

  test('AC33 ends with the Secret that it is bound to', async () => {
    const { metadata } = await secrets().create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'shop', name: 'held' },
    })
    const token = await issue([tokenIssuerUrl], { secret: { name: 'held', uid: metadata.uid ?? '' } })
    expect(await read(token)).toBeDefined()
    await secrets().delete({ namespace: 'shop', name: 'held' })
    expect(await read(token)).toBeUndefined()
  })

  test.each([
    ['changed', async () => (await issue()).replace(/\.[^.]{8}/, '.AAAAAAAA')],
    ['signed by another', async () => forged(newAccountKey(), 'ES256')],
    ['not signed', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await issue()).split('.')[1]}.`],
    ['no token', async () => 'abc'],
    ['empty', async () => ''],
    ['without an end', async () => forged(keyPem, 'ES256')],
  ])('AC32 one that is %s is nobody', async (_, make) => {
    expect(await read(await make())).toBeUndefined()
  })
})

/** What the real one says, but for its end. */
async function forged(pem: string, alg: string): Promise<string> {
  const { exp: _exp, ...claims } = decodeJwt(await issue())
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(createPrivateKey(pem))
}

describe('a token in a Secret', () => {
  const held = { namespace: 'shop', name: 'held' }
  async function fill(): Promise<string> {
    const token = await tokens.issueForSecret({ ...subject, secret: { name: 'held', uid: '' } })
    const annotations = { 'kubernetes.io/service-account.name': 'robot' }
    const data = { token: toBase64(token) }
    await secrets().create({ apiVersion: 'v1', kind: 'Secret', type: tokenSecretType, metadata: { ...held, annotations }, data })
    return token
  }

  test('AC34 lasts as long as the Secret holds it', async () => {
    const token = await fill()
    clock.advance(10 * 365 * 24 * hourMs)
    expect(await read(token)).toMatchObject({ user: { username: 'system:serviceaccount:shop:robot' } })
    await secrets().patch(held, { data: { token: toBase64('another') } })
    expect(await read(token)).toBeUndefined()
  })

  test('AC34 is nobody once the Secret or its account is gone', async () => {
    const token = await fill()
    await secrets().delete(held)
    expect(await read(token)).toBeUndefined()
    const other = await fill()
    await accounts().delete(key)
    expect(await read(other)).toBeUndefined()
  })
})

test('AC36 others can check tokens by the published keys', async () => {
  const documents = issuerDocuments(tokens.publicKeys, () => 'https://127.0.0.1:6443')
  const document = async (path: string) => JSON.parse(await bodyText((await documents[path]?.())?.body ?? ''))
  const configuration = await document('/.well-known/openid-configuration')
  expect(configuration).toMatchObject({ issuer: tokenIssuerUrl, jwks_uri: 'https://127.0.0.1:6443/openid/v1/jwks' })
  const { keys } = await document('/openid/v1/jwks')
  expect(keys[0]).not.toHaveProperty('d')
  const { payload } = await jwtVerify(await issue(), await importJWK(keys[0]), { currentDate: new Date(clock.now()) })
  expect(payload.sub).toBe('system:serviceaccount:shop:robot')
  expect(createPublicKey(keyPem).export({ format: 'jwk' })).toMatchObject({ x: keys[0].x })
})
