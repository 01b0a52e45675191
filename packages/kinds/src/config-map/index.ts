// The Kind ConfigMap, and the controller of the one that every namespace has.

import { type ConfigMap, configMapDefinition, type Namespace } from '@sheaf/api'
import type { Controller, Informer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { startInEveryNamespace } from '../in-every-namespace.ts'
import { keepRootAuthority, type RootAuthorityPorts, rootAuthorityName } from './root-authority.ts'

export const configMapKind: Kind<ConfigMap> = { definition: configMapDefinition }

/** Who has changed it or taken it away finds it as it was. */
export function startRootAuthorityController(ports: RootAuthorityPorts, namespaces: Informer<Namespace>): Controller {
  const kept = {
    controllerName: 'rootauthority',
    resource: configMapDefinition,
    objectName: rootAuthorityName,
    keep: (namespace: string) => keepRootAuthority(namespace, ports),
  }
  return startInEveryNamespace(kept, ports, namespaces)
}
