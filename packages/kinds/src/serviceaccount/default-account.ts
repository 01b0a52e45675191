import { defaultServiceAccountName, type ServiceAccount, serviceAccountDefinition } from '@sheaf/api'
import { done, type Result } from '@sheaf/machinery/controller'
import { ensureThere } from '../ensure-there.ts'
import type { Ports } from '../ports.ts'

export async function keepDefaultAccount(namespace: string, { client }: Ports): Promise<Result> {
  const metadata = { namespace, name: defaultServiceAccountName }
  const account: ServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata }
  await ensureThere(client.resource<ServiceAccount>(serviceAccountDefinition), account)
  return done
}
