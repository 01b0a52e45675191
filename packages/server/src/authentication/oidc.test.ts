import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collectingLog } from '../../../machinery/src/controller/collecting-log.fixture.ts'
import { type Issued, issueAuthority, issueServing } from '../certificates.ts'
import { type OidcSettings, oidcReader, userIn } from './oidc.ts'

type Keys = Awaited<ReturnType<typeof generateKeyPair>>
let certificates: Issued & { authorityPem: string }
let keys: Keys
let provider: Server
let settings: OidcSettings
let requests: string[]
/** What the provider answers instead. */
let instead: ((path: string) => string | undefined) | undefined
let nowMs: number

beforeAll(async () => {
  const authority = await issueAuthority(new Date())
  certificates = { ...(await issueServing(new Date(), authority)), authorityPem: authority.certificatePem }
  keys = await generateKeyPair('ES256')
})

beforeEach(async () => {
  requests = []
  instead = undefined
  nowMs = Date.now()
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  provider = createServer({ cert: certificates.certificatePem, key: certificates.keyPem }, ({ url = '' }, response) => {
    requests.push(url)
    const documents: Record<string, object> = {
      '/realm/.well-known/openid-configuration': { issuer: settings.issuerUrl, jwks_uri: `${settings.issuerUrl}/keys` },
      '/realm/keys': { keys: [jwk] },
    }
    const body = instead?.(url) ?? (documents[url] && JSON.stringify(documents[url]))
    response.writeHead(body === undefined ? 404 : 200).end(body ?? '')
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  settings = {
    issuerUrl: `https://127.0.0.1:${(provider.address() as AddressInfo).port}/realm`,
    clientId: 'sheaf',
    usernameClaim: 'sub',
    usernamePrefix: 'sso:',
    groupsClaim: 'groups',
    groupsPrefix: 'sso:',
    requiredClaims: {},
    authorityPem: certificates.authorityPem,
  }
})
afterEach(() => provider.close())

function readerWith(more: Partial<OidcSettings> = {}) {
  const log = collectingLog()
  return { log, read: oidcReader({ ...settings, ...more }, { log, nowMs: () => nowMs }) }
}

async function tokenWith(claims: JWTPayload = {}, { privateKey }: Keys = keys, alg = 'ES256'): Promise<string> {
  const seconds = Math.floor(nowMs / 1000)
  const usual = { iss: settings.issuerUrl, aud: 'sheaf', sub: 'anna', iat: seconds, exp: seconds + 60, groups: ['ops'] }
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, kid: 'one' }).sign(privateKey)
}

describe('a token of an identity provider', () => {
  test('AC35 is the user and the groups that it names, with a prefix', async () => {
    expect(await readerWith().read(await tokenWith())).toEqual({ username: 'sso:anna', groups: ['sso:ops'] })
  })

  test('AC35 costs the provider two requests, and no more while its keys are known', async () => {
    const { read } = readerWith()
    for (let n = 0; n < 3; n++) expect(await read(await tokenWith({ sub: `user-${n}` }))).toBeDefined()
    expect(requests).toEqual(['/realm/.well-known/openid-configuration', '/realm/keys'])
  })

  test('AC35 of another issuer is none of ours, and nobody is asked', async () => {
    expect(await readerWith().read(await tokenWith({ iss: 'https://other.example' }))).toBeUndefined()
    expect(await readerWith().read('made up')).toBeUndefined()
    expect(await readerWith().read('x'.repeat(100_000))).toBeUndefined()
    expect(requests).toEqual([])
  })

  test.each([
    ['made for another program', { aud: 'other' }],
    ['that has ended', { exp: 1 }],
    ['without an end', { exp: undefined }],
    ['that is not good yet', { nbf: 9_999_999_999 }],
    ['without a user', { sub: '' }],
  ])('AC35 one %s is refused', async (_, claims) => {
    expect(await readerWith().read(await tokenWith(claims as JWTPayload))).toBeUndefined()
  })

  test('AC35 with a key that the provider does not have is refused, and it is not asked each time', async () => {
    const { read } = readerWith()
    const other = await generateKeyPair('ES256')
    const forged = await new SignJWT({ iss: settings.issuerUrl, aud: 'sheaf', sub: 'anna', exp: nowMs / 1000 + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'another' })
      .sign(other.privateKey)
    for (let n = 0; n < 5; n++) expect(await read(forged)).toBeUndefined()
    expect(await read(await tokenWith({}, other))).toBeUndefined()
    expect(requests.filter((path) => path === '/realm/keys')).toHaveLength(1)
  })

  test('AC35 that needs a shared secret is refused', async () => {
    const secret = new TextEncoder().encode('a secret that everybody may know, 32')
    const token = await new SignJWT({ iss: settings.issuerUrl, aud: 'sheaf', sub: 'anna', exp: nowMs / 1000 + 60 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(secret)
    expect(await readerWith().read(token)).toBeUndefined()
  })
})

describe('an identity provider that cannot be believed', () => {
  test.each([
    [
      'says that it is another',
      (path: string) => (path.includes('well-known') ? '{"issuer":"https://evil.example"}' : undefined),
    ],
    [
      'names no keys',
      (path: string) => (path.includes('well-known') ? JSON.stringify({ issuer: settings.issuerUrl }) : undefined),
    ],
    ['answers no JSON', () => 'hello'],
    ['answers without end', () => 'x'.repeat(300_000)],
  ])('AC35 that %s lets nobody in, is told once, and asked again later', async (_, answer) => {
    instead = answer
    const { read, log } = readerWith()
    for (let n = 0; n < 3; n++) expect(await read(await tokenWith())).toBeUndefined()
    expect(log.lines).toHaveLength(1)
    expect(requests).toHaveLength(1)
    instead = undefined
    nowMs += 31_000
    expect(await read(await tokenWith())).toBeDefined()
  })

  test('AC35 whose certificate nobody vouches for is not spoken to', async () => {
    const { read } = readerWith({ authorityPem: undefined })
    expect(await read(await tokenWith())).toBeUndefined()
    expect(requests).toEqual([])
  })
})

test.each([
  [{ email: 'a@example.org' }, { usernameClaim: 'email' }, 'a@example.org'],
  [{ email: 'a@example.org', email_verified: true }, { usernameClaim: 'email' }, 'a@example.org'],
  [{ email: 'a@example.org', email_verified: false }, { usernameClaim: 'email' }, undefined],
  [{ sub: 'anna', hd: 'example.org' }, { requiredClaims: { hd: 'example.org' } }, 'anna'],
  [{ sub: 'anna' }, { requiredClaims: { hd: 'example.org' } }, undefined],
  [{ sub: 7 }, {}, undefined],
  [{ sub: 'system:admin' }, {}, undefined],
  [{ sub: 'anna', groups: ['system:masters'] }, {}, undefined],
  [{ sub: 'anna', groups: 'ops' }, {}, 'anna'],
  [{ sub: 'anna', groups: [1] }, {}, undefined],
  [{ sub: 'anna', groups: Array.from({ length: 501 }, String) }, {}, undefined],
])('AC35 %j with %j is %s', (claims, more, username) => {
  const plain = { ...settings, usernamePrefix: '', groupsPrefix: '', ...more } as OidcSettings
  expect(userIn(claims as JWTPayload, plain)?.username).toBe(username)
})
