// The roles and bindings that are always there: Kubernetes' for people and programs, KubeVirt's and Harvester's for machines
// and images, and ours for what is ours. Data only. Nobody but a member of system:masters may do what none of them names.

import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRoleBindingDefinition,
  clusterRoleDefinition,
  type PolicyRule,
  rbacGroup,
  type Subject,
} from '@sheaf/api'
import { apiVersionOf } from '@sheaf/api/meta'

/** Set to `false`, a default role or binding is left as its owner made it. */
export const autoupdateAnnotation = 'rbac.authorization.kubernetes.io/autoupdate'

const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
/** KubeVirt's edit role takes nothing away by the collection. */
const change = ['get', 'delete', 'create', 'update', 'patch', 'list', 'watch']
const all = [...change, 'deletecollection']

const rule = (verbs: readonly string[], group: string, ...resources: string[]): PolicyRule => ({
  verbs: [...verbs],
  apiGroups: [group],
  resources,
})
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs })

type Aggregate = 'admin' | 'edit' | 'view'
const aggregateLabel = (to: Aggregate): string => `rbac.authorization.k8s.io/aggregate-to-${to}`
const aggregates = (...to: Aggregate[]): Record<string, string> =>
  Object.fromEntries(to.map((each) => [aggregateLabel(each), 'true']))

function role(name: string, labels: Record<string, string>, rules: PolicyRule[]): ClusterRole {
  const metadata = { name, labels, annotations: { [autoupdateAnnotation]: 'true' } }
  return { apiVersion: apiVersionOf(clusterRoleDefinition), kind: clusterRoleDefinition.kind, metadata, rules }
}

const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const kubevirt = { 'kubevirt.io': '' }

const kubernetesRole = (name: string, rules: PolicyRule[], labels: Record<string, string> = {}): ClusterRole =>
  role(name, { ...bootstrapping, ...labels }, rules)

/** Its rules are those of all roles with the label; the controller writes them. */
function aggregatedRole(name: Aggregate, labels: Record<string, string> = {}): ClusterRole {
  const selector = { matchLabels: { [aggregateLabel(name)]: 'true' } }
  return { ...kubernetesRole(name, [], labels), aggregationRule: { clusterRoleSelectors: [selector] } }
}

const workloads = ['daemonsets', 'deployments', 'replicasets', 'statefulsets']
const withParts = (parts: readonly string[], resources: readonly string[]): string[] =>
  resources.flatMap((each) => [each, ...parts.map((part) => `${each}/${part}`)])

const kubernetesRoles: readonly ClusterRole[] = [
  kubernetesRole('cluster-admin', [rule(['*'], '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }]),
  aggregatedRole('admin'),
  aggregatedRole('edit', aggregates('admin')),
  aggregatedRole('view', aggregates('edit')),
  kubernetesRole(
    'system:aggregate-to-admin',
    [
      rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
      rule([...write, ...read], rbacGroup, 'rolebindings', 'roles'),
    ],
    aggregates('admin'),
  ),
  kubernetesRole(
    'system:aggregate-to-edit',
    [
      rule(read, '', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
      rule(['impersonate'], '', 'serviceaccounts'),
      rule(write, '', 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
      rule(['create'], '', 'pods/eviction'),
      rule(
        write,
        '',
        'configmaps',
        'events',
        'persistentvolumeclaims',
        'replicationcontrollers',
        'replicationcontrollers/scale',
        'secrets',
        'serviceaccounts',
        'services',
        'services/proxy',
      ),
      rule(['create'], '', 'serviceaccounts/token'),
      rule(write, 'apps', ...workloads, 'deployments/rollback', 'deployments/scale', 'replicasets/scale', 'statefulsets/scale'),
      rule(write, 'autoscaling', 'horizontalpodautoscalers'),
      rule(write, 'batch', 'cronjobs', 'jobs'),
      rule(write, 'policy', 'poddisruptionbudgets'),
      rule(write, 'networking.k8s.io', 'ingresses', 'networkpolicies'),
      rule([...write, ...read], 'coordination.k8s.io', 'leases'),
    ],
    aggregates('edit'),
  ),
  kubernetesRole(
    'system:aggregate-to-view',
    [
      rule(
        read,
        '',
        'configmaps',
        'endpoints',
        ...withParts(['status'], ['persistentvolumeclaims']),
        'pods',
        ...withParts(['scale'], ['replicationcontrollers']),
        'serviceaccounts',
        ...withParts(['status'], ['services']),
      ),
      rule(
        read,
        '',
        'bindings',
        'events',
        'limitranges',
        'namespaces/status',
        'pods/log',
        'pods/status',
        'replicationcontrollers/status',
        ...withParts(['status'], ['resourcequotas']),
      ),
      rule(read, '', 'namespaces'),
      rule(read, 'discovery.k8s.io', 'endpointslices'),
      rule(read, 'apps', 'controllerrevisions', ...withParts(['status'], ['daemonsets'])),
      rule(read, 'apps', ...withParts(['scale', 'status'], ['deployments', 'replicasets', 'statefulsets'])),
      rule(read, 'autoscaling', ...withParts(['status'], ['horizontalpodautoscalers'])),
      rule(read, 'batch', ...withParts(['status'], ['cronjobs', 'jobs'])),
      rule(read, 'policy', ...withParts(['status'], ['poddisruptionbudgets'])),
      rule(read, 'networking.k8s.io', ...withParts(['status'], ['ingresses']), 'networkpolicies'),
    ],
    aggregates('view'),
  ),
  kubernetesRole('system:auth-delegator', [
    rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
    rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
  ]),
  kubernetesRole('system:basic-user', [
    rule(['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
    rule(['create'], 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  kubernetesRole('system:discovery', [
    paths(
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ),
  ]),
  kubernetesRole('system:public-info-viewer', [paths('/healthz', '/livez', '/readyz', '/version', '/version/')]),
  kubernetesRole('system:monitoring', [
    paths('/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'),
  ]),
  kubernetesRole('system:service-account-issuer-discovery', [paths('/.well-known/openid-configuration', '/openid/v1/jwks')]),
]

const actions = 'subresources.kubevirt.io'
const ofMachine = (...parts: string[]): string[] => parts.map((part) => `virtualmachines/${part}`)
const ofInstance = (...parts: string[]): string[] => parts.map((part) => `virtualmachineinstances/${part}`)
const machines = [
  'virtualmachines',
  'virtualmachineinstances',
  'virtualmachineinstancepresets',
  'virtualmachineinstancereplicasets',
]
const migrations = 'virtualmachineinstancemigrations'
const snapshots = ['virtualmachinesnapshots', 'virtualmachinesnapshotcontents', 'virtualmachinerestores']
const clusterOutfits = ['virtualmachineclusterinstancetypes', 'virtualmachineclusterpreferences']
const outfits = ['virtualmachineinstancetypes', 'virtualmachinepreferences', ...clusterOutfits]
const toldByGuest = ofInstance('guestosinfo', 'filesystemlist', 'userlist', 'sev/fetchcertchain', 'sev/querylaunchmeasurement')

/** What the admin and the edit role have in common: all actions but migrations, and objects by these verbs. */
const operates = (verbs: readonly string[]): PolicyRule[] => [
  rule(['get'], actions, ...ofInstance('console', 'vnc', 'vnc/screenshot', 'portforward', 'usbredir'), ...toldByGuest),
  rule(
    ['update'],
    actions,
    ...ofInstance('pause', 'unpause', 'addvolume', 'removevolume', 'freeze', 'unfreeze', 'softreboot', 'reset'),
    ...ofInstance('sev/setupsession', 'sev/injectlaunchsecret'),
  ),
  rule(['get'], actions, ...ofMachine('expand-spec', 'portforward')),
  rule(['update'], actions, ...ofMachine('start', 'stop', 'restart', 'addvolume', 'removevolume', 'memorydump')),
  rule(['update'], actions, 'expand-vm-spec'),
  rule(verbs, 'kubevirt.io', ...machines),
  rule(read, 'kubevirt.io', migrations),
  rule(verbs, 'snapshot.kubevirt.io', ...snapshots),
  rule(verbs, 'export.kubevirt.io', 'virtualmachineexports'),
  rule(verbs, 'clone.kubevirt.io', 'virtualmachineclones'),
  rule(verbs, 'instancetype.kubevirt.io', ...outfits),
  rule(verbs, 'pool.kubevirt.io', 'virtualmachinepools'),
  rule(read, 'migrations.kubevirt.io', 'migrationpolicies'),
]

const kubevirtRoles: readonly ClusterRole[] = [
  role('kubevirt.io:default', { ...kubevirt, ...bootstrapping }, [
    rule(['get', 'list'], 'kubevirt.io', 'kubevirts'),
    rule(['get', 'list'], actions, 'version', 'guestfs'),
  ]),
  role('kubevirt.io:admin', { ...kubevirt, ...aggregates('admin') }, operates(all)),
  role('kubevirt.io:edit', { ...kubevirt, ...aggregates('edit') }, [
    ...operates(change),
    rule(['get', 'list'], 'kubevirt.io', 'kubevirts'),
  ]),
  role('kubevirt.io:view', { ...kubevirt, ...aggregates('view') }, [
    rule(['get', 'list'], 'kubevirt.io', 'kubevirts'),
    rule(['get'], actions, ...ofMachine('expand-spec'), ...toldByGuest),
    rule(['update'], actions, 'expand-vm-spec'),
    rule(read, 'kubevirt.io', ...machines, migrations),
    rule(read, 'snapshot.kubevirt.io', ...snapshots),
    rule(read, 'export.kubevirt.io', 'virtualmachineexports'),
    rule(read, 'clone.kubevirt.io', 'virtualmachineclones'),
    rule(read, 'instancetype.kubevirt.io', ...outfits),
    rule(read, 'pool.kubevirt.io', 'virtualmachinepools'),
    rule(read, 'migrations.kubevirt.io', 'migrationpolicies'),
  ]),
  role('kubevirt.io:migrate', kubevirt, [
    rule(['update'], actions, ...ofMachine('migrate')),
    rule(all, 'kubevirt.io', migrations),
  ]),
  role('instancetype.kubevirt.io:view', kubevirt, [rule(read, 'instancetype.kubevirt.io', ...clusterOutfits)]),
]

const harvesterObjects = [
  'keypairs',
  'virtualmachineimages',
  'virtualmachinetemplates',
  'virtualmachinetemplateversions',
  'virtualmachinebackups',
  'virtualmachinerestores',
]

/** Harvester's view role would let everybody who sees images read Secrets as well: that is left out. */
const ownRoles: readonly ClusterRole[] = [
  role('harvesterhci.io:edit', aggregates('admin', 'edit'), [
    rule(['*'], 'harvesterhci.io', ...harvesterObjects),
    rule(['*'], 'k8s.cni.cncf.io', 'network-attachment-definitions'),
    rule(
      ['create'],
      'subresources.harvesterhci.io',
      ...ofMachine('start', 'stop', 'forceStop', 'restart', 'pause', 'unpause', 'softreboot'),
    ),
  ]),
  role('harvesterhci.io:view', aggregates('view'), [
    rule(read, 'harvesterhci.io', ...harvesterObjects),
    rule(read, 'k8s.cni.cncf.io', 'network-attachment-definitions'),
  ]),
  role('sheaf.io:edit', aggregates('admin', 'edit'), [
    rule(['get', 'update'], 'subresources.sheaf.io', 'virtualmachineimages/upload'),
    rule(['get'], 'subresources.sheaf.io', ...ofInstance('log')),
    rule(['list'], 'subresources.sheaf.io', 'images'),
  ]),
]

export const defaultClusterRoles: readonly ClusterRole[] = [...kubernetesRoles, ...kubevirtRoles, ...ownRoles]

const groupSubjects = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'Group', apiGroup: rbacGroup, name }))

function binding(name: string, groups: string[], labels: Record<string, string> = bootstrapping): ClusterRoleBinding {
  const metadata = { name, labels, annotations: { [autoupdateAnnotation]: 'true' } }
  return {
    apiVersion: apiVersionOf(clusterRoleBindingDefinition),
    kind: clusterRoleBindingDefinition.kind,
    metadata,
    subjects: groupSubjects(...groups),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
  }
}

export const defaultClusterRoleBindings: readonly ClusterRoleBinding[] = [
  binding('cluster-admin', ['system:masters']),
  binding('system:basic-user', ['system:authenticated']),
  binding('system:discovery', ['system:authenticated']),
  binding('system:monitoring', ['system:monitoring']),
  binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  binding('system:service-account-issuer-discovery', ['system:serviceaccounts']),
  binding('kubevirt.io:default', ['system:authenticated'], kubevirt),
  binding('instancetype.kubevirt.io:view', ['system:authenticated'], kubevirt),
]
