// A Secret of type kubernetes.io/service-account-token gets a token of its account that lasts as long as the Secret does.
// Without its account it goes.

import { type Secret, type ServiceAccount, secretDefinition, serviceAccountDefinition } from '@sheaf/api'
import { isBeingDeleted, isConflict, isNotFound, keyOf, type ObjectKey, toBase64 } from '@sheaf/api/meta'
import { after, done, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import { authorityCompareMs, type TokenIssuer } from '../access/token-issuer.ts'

export const tokenSecretType = 'kubernetes.io/service-account-token'
const accountNameAnnotation = 'kubernetes.io/service-account.name'
export const accountUidAnnotation = 'kubernetes.io/service-account.uid'

export const accountOfSecret = ({ metadata }: Secret): string | undefined => metadata.annotations?.[accountNameAnnotation]

export async function reconcileTokenSecret(key: ObjectKey, { client, tokens }: Ports & { tokens: TokenIssuer }): Promise<Result> {
  const secrets = client.resource<Secret>(secretDefinition)
  const secret = await secrets.find(key)
  if (secret === undefined || isBeingDeleted(secret) || secret.type !== tokenSecretType) return done
  const account = await accountOf(secret, client)
  try {
    if (account === undefined) await secrets.delete(key, preconditionsOf(secret))
    else {
      const filled = await filledSecret(secret, account, tokens)
      if (filled !== undefined) await secrets.update(filled)
    }
  } catch (error) {
    // Gone, or changed: its next state brings the key again.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
  return after(authorityCompareMs)
}

const preconditionsOf = ({ metadata: { uid } }: Secret) => (uid === undefined ? {} : { preconditions: { uid } })

/** Undefined when it is gone, or another one of its name has taken its place. */
async function accountOf(secret: Secret, client: Ports['client']): Promise<ServiceAccount | undefined> {
  const { namespace } = keyOf(secret)
  const account = await client
    .resource<ServiceAccount>(serviceAccountDefinition)
    .find({ namespace, name: accountOfSecret(secret) ?? '' })
  const uid = secret.metadata.annotations?.[accountUidAnnotation]
  return uid === undefined || account?.metadata.uid === uid ? account : undefined
}

/** Undefined when nothing is missing. */
async function filledSecret(secret: Secret, account: ServiceAccount, tokens: TokenIssuer): Promise<Secret | undefined> {
  const { namespace, name } = keyOf(secret)
  const uid = account.metadata.uid ?? ''
  const data = secret.data ?? {}
  const authority = toBase64(tokens.authorityPem())
  const isWhole = (data['token'] ?? '') !== '' && data['ca.crt'] === authority && data['namespace'] === toBase64(namespace)
  if (isWhole && secret.metadata.annotations?.[accountUidAnnotation] === uid) return undefined
  const subject = {
    namespace,
    serviceAccount: { name: account.metadata.name ?? '', uid },
    secret: { name, uid: secret.metadata.uid ?? '' },
  }
  const token = data['token'] || toBase64(await tokens.issueForSecret(subject))
  return {
    ...secret,
    metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [accountUidAnnotation]: uid } },
    data: { ...data, token, 'ca.crt': authority, namespace: toBase64(namespace) },
  }
}
