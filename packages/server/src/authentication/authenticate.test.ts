import { describe, expect, it } from 'vitest'
import type { UserInfo } from '@sheaf/machinery/kind'
import { authenticator } from './authenticate.ts'

const token = 'secret-token'
const robot: UserInfo = { username: 'robot', groups: ['robots'] }
const authenticate = authenticator({
  token,
  users: { find: async () => undefined },
  tokenReaders: [async () => undefined, async (given) => (given === 'robot-token' ? robot : undefined)],
  nowMs: Date.now,
})
const asked = (headers: Record<string, string>, path = '/api/v1/namespaces'): Promise<UserInfo> =>
  authenticate({ path, headers }, { address: '127.0.0.1' })

describe('who is it', () => {
  it('AC31 the token of the data folder is the administrator, in whatever case the scheme is written', async () => {
    expect(await asked({ authorization: `Bearer ${token}` })).toMatchObject({
      username: 'admin',
      groups: ['system:masters', 'system:authenticated'],
    })
    expect((await asked({ authorization: `bearer   ${token} ` })).username).toBe('admin')
  })

  it('AC31 a websocket may carry the token as a subprotocol', async () => {
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}, plain.kubevirt.io`
    expect((await asked({ 'sec-websocket-protocol': protocol })).username).toBe('admin')
  })

  it('AC31 whoever is known by another token is authenticated too', async () => {
    expect(await asked({ authorization: 'Bearer robot-token' })).toEqual({
      username: 'robot',
      groups: ['robots', 'system:authenticated'],
    })
  })

  it.each([
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer ' },
    { authorization: 'Basic YTpi' },
    { authorization: `Bearer ${token}x` },
  ])('AC14 a bad credential is nobody, on every path: %j', async (headers) => {
    const refusal = expect.objectContaining({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
    await expect(asked(headers)).rejects.toEqual(refusal)
    await expect(asked(headers, '/healthz')).rejects.toEqual(refusal)
  })

  it('AC14 without any credential everybody is anonymous', async () => {
    expect(await asked({})).toEqual({ username: 'system:anonymous', groups: ['system:unauthenticated'] })
  })

  it('AC30 a certificate that does not hold is a bad credential, unless a token comes with it', async () => {
    const visitor = { address: '127.0.0.1', certificate: 'unusable' } as const
    await expect(authenticate({ path: '/version', headers: {} }, visitor)).rejects.toMatchObject({ code: 401 })
    const headers = { authorization: `Bearer ${token}` }
    expect((await authenticate({ path: '/version', headers }, visitor)).username).toBe('admin')
  })
})
