// The Kind ServiceAccount, the token that one can ask for, and the controllers: of the account that every namespace has, and
// of the Secrets that hold a token.

import {
  type Namespace,
  type Secret,
  type ServiceAccount,
  secretDefinition,
  serviceAccountDefinition,
  defaultServiceAccountName,
} from '@sheaf/api'
import { keyOf } from '@sheaf/api/meta'
import {
  type Controller,
  type Informer,
  mappedObjects,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { startInEveryNamespace } from '../in-every-namespace.ts'
import { keepDefaultAccount } from './default-account.ts'
import { type TokenPorts, tokenAction } from './token-action.ts'
import type { TokenIssuer } from '../access/token-issuer.ts'
import { accountOfSecret, reconcileTokenSecret, tokenSecretType } from './token-secret.ts'

export { accountUidAnnotation, tokenSecretType } from './token-secret.ts'

export const serviceAccountKind = (ports: TokenPorts): Kind<ServiceAccount> => ({
  definition: serviceAccountDefinition,
  actions: [tokenAction(ports)],
})

/** Accounts and their Secrets are few and small. */
const workers = 1

/** A namespace that has lost its account gets it back. */
export function startDefaultAccountController(ports: Ports, namespaces: Informer<Namespace>): Controller {
  const kept = {
    controllerName: 'defaultserviceaccount',
    resource: serviceAccountDefinition,
    objectName: defaultServiceAccountName,
    keep: (namespace: string) => keepDefaultAccount(namespace, ports),
  }
  return startInEveryNamespace(kept, ports, namespaces)
}

export function startTokenSecretController(ports: Ports & { tokens: TokenIssuer }): Controller {
  const { client, clock, random, log } = ports
  const follow = { client, clock, random, log }
  const secrets = startInformer<Secret>({ ...follow, resource: secretDefinition, fieldSelector: `type=${tokenSecretType}` })
  const accounts = startInformer<ServiceAccount>({ ...follow, resource: serviceAccountDefinition })
  return startController({
    name: 'tokensecret',
    reconcile: (key) => reconcileTokenSecret(key, ports),
    sources: [
      ownObjects(secrets),
      mappedObjects(accounts, ({ key }) =>
        secrets
          .list(key.namespace)
          .filter((secret) => accountOfSecret(secret) === key.name)
          .map(keyOf),
      ),
    ],
    workers,
    owns: [secrets, accounts],
    clock,
    random,
    log,
  })
}
