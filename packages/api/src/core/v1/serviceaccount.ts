import type { IoK8sApiCoreV1ServiceAccount } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type ApiObject, ageColumn, type ResourceDefinition } from '../../meta/index.ts'

type Fields = Pick<IoK8sApiCoreV1ServiceAccount, 'secrets' | 'imagePullSecrets' | 'automountServiceAccountToken'>

/** Who a program is that is no person: roles are bound to it, and tokens are made for it. */
export interface ServiceAccount extends ApiObject, Fields {}

/** There is one of this name in every namespace. */
export const defaultServiceAccountName = 'default'

export const serviceAccountDefinition: ResourceDefinition<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  listKind: 'ServiceAccountList',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.ServiceAccount',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Secrets',
      type: 'string',
      description: 'How many Secrets it names.',
      priority: 0,
      cell: ({ secrets = [] }) => secrets.length,
    },
    ageColumn,
  ],
  selectableFields: {},
}

const userPrefix = 'system:serviceaccount:'

/** How a ServiceAccount is called where users are named. */
export function serviceAccountUsername(namespace: string, name: string): string {
  return `${userPrefix}${namespace}:${name}`
}

/** Every ServiceAccount is in these. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

/** Undefined for every other user. Names have no colon. */
export function serviceAccountNamed(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(userPrefix)) return undefined
  const [namespace = '', name = '', ...rest] = username.slice(userPrefix.length).split(':')
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name }
}
