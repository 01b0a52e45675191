// What others need to check tokens of ServiceAccounts by themselves: `/.well-known/openid-configuration` and `/openid/v1/jwks`.

import type { ApiResponse } from '@sheaf/api/client'
import { type AccountTokens, tokenIssuerUrl } from './account-tokens.ts'

const keysPath = '/openid/v1/jwks'

/** `url` is where this server is reached. */
export function issuerDocuments(
  publicKeys: AccountTokens['publicKeys'],
  url: () => string,
): Record<string, () => Promise<ApiResponse>> {
  const answer = (type: string, value: object): ApiResponse => ({
    status: 200,
    headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' },
    body: JSON.stringify(value),
  })
  return {
    '/.well-known/openid-configuration': async () =>
      answer('application/json', {
        issuer: tokenIssuerUrl,
        jwks_uri: `${url()}${keysPath}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: publicKeys.keys.map(({ alg }) => alg),
      }),
    [keysPath]: async () => answer('application/jwk-set+json', publicKeys),
  }
}
