import {
  defaultServiceAccountName,
  type Namespace,
  namespaceDefinition,
  type ServiceAccount,
  serviceAccountDefinition,
} from '@sheaf/api'
import { isAlreadyExists, isBeingDeleted, type ObjectKey } from '@sheaf/api/meta'
import { done, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'

/** The key is that of the namespace. */
export async function reconcileDefaultAccount({ name: namespace }: ObjectKey, { client }: Ports): Promise<Result> {
  const found = await client.resource<Namespace>(namespaceDefinition).find({ namespace: '', name: namespace })
  if (found === undefined || isBeingDeleted(found)) return done
  const accounts = client.resource<ServiceAccount>(serviceAccountDefinition)
  const metadata = { namespace, name: defaultServiceAccountName }
  if ((await accounts.find(metadata)) !== undefined) return done
  try {
    await accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  return done
}
