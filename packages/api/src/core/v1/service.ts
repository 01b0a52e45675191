import { ageColumn, type Column, type ResourceDefinition } from '../../meta/index.ts'
import { applyServiceDefaults } from './default-service.ts'
import { isExternalName, isLoadBalancer, type Service } from './service-spec.ts'
import { serviceWarnings, validateService } from './validate-service.ts'

export const serviceDefinition: ResourceDefinition<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  listKind: 'ServiceList',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.Service',
  origin: 'native',
  hasStatus: true,
  countsGeneration: false,
  createsOnUpdate: true,
  nameRule: 'dns-1035-label',
  withoutVerbs: [],
  columns: [
    column('Type', 'How it is reached.', ({ spec }) => spec?.type),
    column('Cluster-IP', 'None: there is no network of a cluster.', ({ spec }) => spec?.clusterIPs?.[0] ?? '<none>'),
    column('External-IP', 'Where it is reached at its own ports.', externalIpText),
    column('Port(s)', 'Its ports, each with the port of the machine that leads to it.', portsText),
    ageColumn,
    { ...column('Selector', 'The labels of the guests that it leads to.', selectorText), priority: 1 },
  ],
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  applyDefaults: applyServiceDefaults,
  validate: validateService,
  warnings: serviceWarnings,
}

function column(name: string, description: string, cell: Column<Service>['cell']): Column<Service> {
  return { name, type: 'string', description, priority: 0, cell }
}

function externalIpText(service: Service): string {
  if (isExternalName(service)) return service.spec?.externalName ?? ''
  if (!isLoadBalancer(service)) return '<none>'
  const told = (service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [...new Set(told)].toSorted().join(',') || '<pending>'
}

function portsText({ spec }: Service): string {
  const texts = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return texts.join(',') || '<none>'
}

function selectorText({ spec }: Service): string {
  const labels = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`)
  return labels.toSorted().join(',') || '<none>'
}
