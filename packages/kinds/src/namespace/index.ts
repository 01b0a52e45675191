// The Kind Namespace, the controller that empties those that are deleted, and the ones that always exist.

import { harvesterSystemNamespace, type Namespace, namespaceDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { type Controller, type Informer, ownObjects, startController } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { ensureThere } from '../ensure-there.ts'
import type { NamespacePorts } from './ports.ts'
import { reconcileNamespace } from './reconciler.ts'

export type { NamespacePorts } from './ports.ts'

export const namespaceKind: Kind<Namespace> = { definition: namespaceDefinition }

/** What the API server is told of the Kind that the objects of others live in. As in Kubernetes, these three never go. */
export const namespaceRole = {
  group: namespaceDefinition.group,
  version: namespaceDefinition.version,
  plural: namespaceDefinition.plural,
  protectedNames: ['default', 'kube-system', 'kube-public'],
}

/** Emptying one large namespace must not keep the others waiting. */
const workers = 2

export function startNamespaceController(ports: NamespacePorts, namespaces: Informer<Namespace>): Controller {
  const { clock, random, log } = ports
  return startController({
    name: 'namespace',
    reconcile: (key) => reconcileNamespace(key, ports),
    sources: [ownObjects(namespaces)],
    workers,
    clock,
    random,
    log,
  })
}

/** Clients take these for granted, those of Harvester the last one. */
const initialNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease', harvesterSystemNamespace]

export async function ensureNamespaces(client: Client): Promise<void> {
  const namespaces = client.resource<Namespace>(namespaceDefinition)
  for (const name of initialNamespaces) await ensureThere(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}
