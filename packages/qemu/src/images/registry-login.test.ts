import { describe, expect, it } from 'vitest'
import { parseChallenge } from './registry-challenge.ts'
import { endpointsOf } from './registry-endpoints.ts'
import { loginFor, parseRegistryLogins } from './registry-login.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('logins', () => {
  const logins = parseRegistryLogins(
    JSON.stringify({
      auths: {
        'https://index.docker.io/v1/': { auth: base64('hub:pass:word') },
        'registry.example': { username: 'all', password: 'p' },
        'registry.example/team': { username: 'team', password: 'p' },
        'cloud.example': { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'long' },
        'empty.example': {},
      },
    }),
  )

  it.each([
    ['docker.io', 'library/debian', 'hub'],
    ['registry.example', 'other/image', 'all'],
    ['registry.example', 'team/image', 'team'],
    ['registry.example', 'teammates/image', 'all'],
    ['empty.example', 'image', undefined],
    ['registry.example.org', 'image', undefined],
  ])('for %s/%s is the narrowest that fits: %s', (host, repository, username) => {
    expect(loginFor(logins, host, repository)?.username).toBe(username)
  })

  it('keep colons in passwords, and identity tokens', () => {
    expect(loginFor(logins, 'docker.io', 'a')?.password).toBe('pass:word')
    expect(loginFor(logins, 'cloud.example', 'a')?.identityToken).toBe('long')
  })

  it.each(['', '{', '[]', '{"auths": []}', '{"auth": {}}'])(
    'that cannot be read are refused without repeating them: %j',
    (text) => {
      expect(() => parseRegistryLogins(text)).toThrow(SyntaxError)
    },
  )
})

describe('a challenge', () => {
  it('is read with its parameters', () => {
    expect(parseChallenge('Bearer realm="https://a.example/token",service="a.example",scope="repository:x:pull,push"')).toEqual({
      kind: 'bearer',
      realm: 'https://a.example/token',
      service: 'a.example',
      scope: 'repository:x:pull,push',
    })
    expect(parseChallenge('Basic realm="x"')).toEqual({ kind: 'basic' })
  })

  it.each([null, '', 'Negotiate', 'Bearer', 'Bearer realm="nowhere"'])('that is not understood is none: %j', (header) => {
    expect(parseChallenge(header)).toBeUndefined()
  })
})

describe('a host', () => {
  const settings = { insecureHosts: ['plain.example:5000'], mirrors: { 'docker.io': ['mirror.example', 'plain.example:5000'] } }

  it.each([
    ['quay.io', ['https://quay.io']],
    ['docker.io', ['https://mirror.example', 'http://plain.example:5000', 'https://registry-1.docker.io']],
    ['127.0.0.1:5000', ['http://127.0.0.1:5000']],
    ['localhost:5000', ['http://localhost:5000']],
    ['[::1]:5000', ['http://[::1]:5000']],
    ['localhost:443', ['https://localhost:443']],
    ['127.0.0.1.example', ['https://127.0.0.1.example']],
    ['plain.example:5000', ['http://plain.example:5000']],
    ['plain.example', ['https://plain.example']],
  ])('%s is asked safely unless it is this machine or a setting names it', (host, urls) => {
    expect(endpointsOf(host, settings).map(({ url }) => url)).toEqual(urls)
  })
})
