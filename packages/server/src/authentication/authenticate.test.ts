import { describe, expect, it } from 'vitest'
import { authenticate } from './auth.ts'

const token = 'secret-token'
const asked = (headers: Record<string, string>, path = '/api/v1/namespaces') => authenticate({ path, headers }, token)

describe('who is it', () => {
  it('a bearer token is the administrator, in whatever case the scheme is written', () => {
    expect(asked({ authorization: `Bearer ${token}` })).toMatchObject({
      username: 'admin',
      groups: ['system:masters', 'system:authenticated'],
    })
    expect(asked({ authorization: `bearer   ${token} ` }).username).toBe('admin')
  })

  it('a websocket may carry the token as a subprotocol', () => {
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}, plain.kubevirt.io`
    expect(asked({ 'sec-websocket-protocol': protocol }).username).toBe('admin')
  })

  it.each([
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer ' },
    { authorization: 'Basic YTpi' },
    { authorization: `Bearer ${token}x` },
    {},
  ])('anything else is nobody: %j', (headers) => {
    expect(() => asked(headers)).toThrow(expect.objectContaining({ code: 401, reason: 'Unauthorized' }))
  })

  it('anybody may ask for health and version, but not with a bad token', () => {
    for (const path of ['/healthz', '/livez/ping', '/readyz?verbose', '/version'])
      expect(asked({}, path).username).toBe('system:anonymous')
    expect(() => asked({ authorization: 'Bearer wrong' }, '/healthz')).toThrow('Unauthorized')
    expect(() => asked({}, '/versions')).toThrow('Unauthorized')
    expect(() => asked({}, '/healthzz')).toThrow('Unauthorized')
  })
})
