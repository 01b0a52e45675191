// Who is it: a certificate, a token, or nobody in particular. A bad credential is never taken for none.

import type { ApiRequest } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { UserInfo } from '@sheaf/machinery/kind'
import { bearerOf, secretTest } from './bearer.ts'
import { identifyCertificate, type UserRecords } from './client-certificate.ts'
import type { Visitor } from './visitor.ts'

export interface AuthenticationPorts {
  /** Of the administrator, who reads it from the data folder. */
  token: string
  users: UserRecords
  /** Undefined: not a token of theirs, or no longer. Asked one after the other. */
  tokenReaders: readonly ((token: string) => Promise<UserInfo | undefined>)[]
  nowMs: () => number
}

export type Authenticate = (request: Pick<ApiRequest, 'path' | 'headers'>, visitor: Visitor) => Promise<UserInfo>

export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'
export const anonymousName = 'system:anonymous'

const admin: UserInfo = { username: 'admin', groups: ['system:masters', authenticatedGroup] }
const anonymous: UserInfo = { username: anonymousName, groups: [unauthenticatedGroup] }

/** Throws 401. */
export function authenticator(ports: AuthenticationPorts): Authenticate {
  const isOwnToken = secretTest(ports.token)
  return async ({ headers }, { certificate }) => {
    const shown =
      certificate === undefined || certificate === 'unusable' ? undefined : await identifyCertificate(certificate, ports)
    if (shown !== undefined) return shown
    const token = bearerOf(headers)
    if (token !== undefined && isOwnToken(token)) return admin
    const bearer = token === undefined ? undefined : await bearerUser(token, ports)
    if (bearer !== undefined) return bearer
    if (token === undefined && certificate === undefined) return anonymous
    throw new StatusError(401, 'Unauthorized', 'Unauthorized')
  }
}

async function bearerUser(token: string, { tokenReaders }: AuthenticationPorts): Promise<UserInfo | undefined> {
  for (const read of tokenReaders) {
    const user = await read(token)
    if (user !== undefined) return { ...user, groups: [...user.groups, authenticatedGroup] }
  }
  return undefined
}
