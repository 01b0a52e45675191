// Who may do what, by the roles and bindings of the API.

export * from './access.ts'
export * from './confirm-grant.ts'
export * from './default-roles.ts'
export * from './ensure-default-access.ts'
export type { TokenIssuer, TokenReader, TokenSubject, TokenTerms } from './token-issuer.ts'
