// The Kind ConfigMap, and the controller of the one that every namespace has.

import { type ConfigMap, configMapDefinition, type Namespace } from '@sheaf/api'
import {
  type Controller,
  type Informer,
  mappedObjects,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { type RootAuthorityPorts, reconcileRootAuthority, rootAuthorityName } from './root-authority.ts'

export const configMapKind: Kind<ConfigMap> = { definition: configMapDefinition }

/** A namespace's is looked at in no time. */
const workers = 1

/** Who has changed it or taken it away finds it as it was. */
export function startRootAuthorityController(ports: RootAuthorityPorts, namespaces: Informer<Namespace>): Controller {
  const { client, clock, random, log } = ports
  const maps = startInformer<ConfigMap>({
    client,
    resource: configMapDefinition,
    clock,
    random,
    log,
    fieldSelector: `metadata.name=${rootAuthorityName}`,
  })
  return startController({
    name: 'rootauthority',
    reconcile: (key) => reconcileRootAuthority(key, ports),
    sources: [ownObjects(namespaces), mappedObjects(maps, ({ key }) => [{ namespace: '', name: key.namespace }])],
    workers,
    owns: [maps],
    clock,
    random,
    log,
  })
}
