// The token that a request carries: in a header or, by browsers that open a websocket, as a subprotocol.

import { timingSafeEqual } from 'node:crypto'
import type { ApiRequest } from '@sheaf/api/client'

const bearerProtocol = 'base64url.bearer.authorization.k8s.io.'

/** Empty for a header that holds no token: it is a credential all the same, and a bad one. */
export function bearerOf(headers: ApiRequest['headers']): string | undefined {
  const header = headers['authorization']
  if (header !== undefined) return /^bearer\s+(\S+)\s*$/i.exec(header)?.[1] ?? ''
  const offered = headers['sec-websocket-protocol']?.split(',').map((each) => each.trim())
  const encoded = offered?.find((each) => each.startsWith(bearerProtocol))?.slice(bearerProtocol.length)
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8')
}

/** Whether a secret is the expected one. Takes as long for a wrong one as for the right one. */
export function secretTest(expected: string): (given: string) => boolean {
  const right = Buffer.from(expected)
  return (given) => {
    const bytes = Buffer.from(given)
    return bytes.length === right.length && timingSafeEqual(bytes, right)
  }
}
