// Who is it: a bearer token, given in a header or, by browsers that open a websocket, as a subprotocol.

import { timingSafeEqual } from 'node:crypto'
import type { ApiRequest } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { UserInfo } from '@sheaf/machinery/kind'

const admin: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] }
const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] }
/** What anybody may ask, as Kubernetes' role system:public-info-viewer has it. */
const publicPaths = /^\/(healthz|livez|readyz|version)(\/|\?|$)/
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.'

/** Throws 401: a bad token is never taken for an anonymous visitor. */
export function authenticate(request: Pick<ApiRequest, 'path' | 'headers'>, token: string): UserInfo {
  const given = bearerOf(request.headers)
  if (given !== undefined && isSame(given, token)) return admin
  if (given === undefined && publicPaths.test(request.path)) return anonymous
  throw new StatusError(401, 'Unauthorized', 'Unauthorized')
}

function bearerOf(headers: ApiRequest['headers']): string | undefined {
  const header = headers['authorization']
  if (header !== undefined) return /^bearer\s+(\S+)\s*$/i.exec(header)?.[1] ?? ''
  const offered = headers['sec-websocket-protocol']?.split(',').map((each) => each.trim())
  const encoded = offered?.find((each) => each.startsWith(bearerProtocol))?.slice(bearerProtocol.length)
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8')
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
