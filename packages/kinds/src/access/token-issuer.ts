// What tokens of ServiceAccounts are made of, and who makes and reads them: a port, because keys are the server's.

import type { UserInfo } from '@sheaf/machinery/kind'

/** Whose token it is. */
export interface TokenSubject {
  namespace: string
  serviceAccount: { name: string; uid: string }
  /** The token ends with this Secret. */
  secret?: { name: string; uid: string }
}

export interface TokenTerms {
  audiences: readonly string[]
  issuedMs: number
  expiresMs: number
}

export interface TokenIssuer {
  /** Who asks for no audience means this server. */
  readonly defaultAudiences: readonly string[]
  issue(subject: TokenSubject, terms: TokenTerms): Promise<string>
  /** For a Secret that holds a token until it is deleted. */
  issueForSecret(subject: TokenSubject): Promise<string>
  /** Whom programs with a token are told to trust, as it is now; empty where nobody can connect. */
  authorityPem(): string
}

/** The authority is renewed rarely, and nobody is told: it is compared as often as certificates are looked at. */
export const authorityCompareMs = 3600 * 1000

/** Who a token is, for those who ask on behalf of others. */
export interface TokenReader {
  /** Undefined: nobody's, or not for these audiences. */
  read(token: string, audiences: readonly string[]): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined>
}
