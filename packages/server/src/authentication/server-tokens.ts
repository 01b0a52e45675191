// Every kind of token that this server takes, made and read in one place: its own of ServiceAccounts, and those of an identity
// provider.

import type { Client } from '@sheaf/api/client'
import type { Clock, Random } from '@sheaf/api/meta'
import type { TokenIssuer, TokenReader } from '@sheaf/kinds'
import type { UserInfo } from '@sheaf/machinery/kind'
import { type AccountTokens, accountTokens, tokenIssuerUrl } from './account-tokens.ts'
import { authenticatedGroup } from './authenticate.ts'

type ReadUser = (token: string) => Promise<UserInfo | undefined>

export interface Signing {
  accountKeyPem: string
  /** What programs with such a token are told to trust. */
  authorityPem: () => string
  /** Undefined: no identity provider is trusted. */
  oidc: ReadUser | undefined
}

export interface ServerTokens extends TokenIssuer {
  publicKeys: AccountTokens['publicKeys']
  /** Of tokens that are for this server. */
  readers: readonly ReadUser[]
  /** For reviews: also of tokens that are for others. */
  reader: TokenReader
}

interface World {
  client: Client
  clock: Clock
  random: Random
}

export async function serverTokens({
  accountKeyPem,
  authorityPem,
  oidc,
  client,
  clock,
  random,
}: Signing & World): Promise<ServerTokens> {
  const accounts = await accountTokens({ keyPem: accountKeyPem, authorityPem, client, random, nowMs: clock.now })
  const readAccount: ReadUser = async (token) => (await accounts.read(token, []))?.user
  return {
    defaultAudiences: accounts.defaultAudiences,
    authorityPem,
    issue: accounts.issue,
    issueForSecret: accounts.issueForSecret,
    publicKeys: accounts.publicKeys,
    readers: oidc === undefined ? [readAccount] : [readAccount, oidc],
    reader: {
      async read(token, audiences) {
        const account = await accounts.read(token, audiences)
        if (account !== undefined) return { ...account, user: authenticated(account.user) }
        const isForUs = audiences.length === 0 || audiences.includes(tokenIssuerUrl)
        const user = isForUs ? await oidc?.(token) : undefined
        return user && { user: authenticated(user), audiences: [tokenIssuerUrl] }
      },
    },
  }
}

const authenticated = (user: UserInfo): UserInfo => ({ ...user, groups: [...user.groups, authenticatedGroup] })
