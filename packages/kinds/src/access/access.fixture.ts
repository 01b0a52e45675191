// The API server with this room's access Kinds, asked by anybody, for the tests of who may do what.

import { createClient, type Client } from '@sheaf/api/client'
import type { Kind, UserInfo } from '@sheaf/machinery/kind'
import { reviewKinds } from '../accessreview/index.ts'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import { clusterRoleKind } from '../clusterrole/index.ts'
import { clusterRoleBindingKind } from '../clusterrolebinding/index.ts'
import { roleKind } from '../role/index.ts'
import { roleBindingKind } from '../rolebinding/index.ts'
import { serviceAccountKind } from '../serviceaccount/index.ts'
import type { TokenIssuer, TokenReader } from './token-issuer.ts'
import { type Access, createAccess } from './access.ts'

/** Tells what it was asked to sign, in the place of a signature. */
export const plainTokens: TokenIssuer = {
  defaultAudiences: ['this-server'],
  authorityPem: () => 'PEM',
  issue: async (subject, terms) => JSON.stringify({ subject, terms }),
  issueForSecret: async (subject) => JSON.stringify({ subject }),
}

const oneToken: TokenReader = {
  async read(token, audiences) {
    if (token !== 'known' || (audiences.length > 0 && !audiences.includes('this-server'))) return undefined
    return { user: { username: 'robot', uid: '1', groups: ['robots'] }, audiences: ['this-server'] }
  },
}

export async function startAccessWorld() {
  let access: Access | undefined
  const running = (): Access => {
    if (access === undefined) throw new Error('the Kinds were not asked for')
    return access
  }
  const api = await startTestApi(
    (ports) => {
      access = createAccess(ports)
      const given = { ...ports, access, tokens: plainTokens, tokenReader: oneToken }
      return [
        ...smallKinds,
        roleKind(given),
        roleBindingKind(given),
        clusterRoleKind(given),
        clusterRoleBindingKind(given),
        serviceAccountKind(given),
        ...reviewKinds(given),
      ] as Kind[]
    },
    { authorizer: { authorize: (user, attributes) => running().authorize(user, attributes) } },
  )
  running().start()
  const as = (user: UserInfo): Client => createClient({ userAgent: 'test', fetch: api.server.fetchAs(user) })
  return { ...api, access: running(), as, person: (name: string, ...groups: string[]) => as({ username: name, groups }) }
}

export type AccessWorld = Awaited<ReturnType<typeof startAccessWorld>>
