import type {
  IoK8sApiextensionsApiserverPkgApisApiextensionsV1CustomResourceColumnDefinition as CustomColumn,
  IoK8sApiextensionsApiserverPkgApisApiextensionsV1CustomResourceConversion as Conversion,
  IoK8sApiextensionsApiserverPkgApisApiextensionsV1CustomResourceDefinitionNames as Names,
  IoK8sApiextensionsApiserverPkgApisApiextensionsV1CustomResourceSubresources as Subresources,
  IoK8sApiextensionsApiserverPkgApisApiextensionsV1SelectableField as SelectableField,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type ApiObject, type Condition, createdAtColumn, type JsonSchema, type ResourceDefinition } from '../../meta/index.ts'
import { validateCustomResourceDefinition } from './validation/definition.ts'

/** A column of `kubectl get`, as its definition asks for it. */
export type CustomResourceColumn = CustomColumn
/** What a custom resource is called. */
export type CustomResourceNames = Names
export type CustomResourceSubresources = Subresources

export interface CustomResourceVersion {
  name: string
  served: boolean
  storage: boolean
  deprecated?: boolean
  deprecationWarning?: string
  schema?: { openAPIV3Schema?: JsonSchema }
  subresources?: CustomResourceSubresources
  additionalPrinterColumns?: CustomResourceColumn[]
  selectableFields?: SelectableField[]
}

export interface CustomResourceDefinitionSpec {
  group: string
  scope: 'Namespaced' | 'Cluster'
  names: CustomResourceNames
  versions: CustomResourceVersion[]
  conversion?: Conversion
  preserveUnknownFields?: boolean
}

export interface CustomResourceDefinitionStatus {
  acceptedNames?: CustomResourceNames
  conditions?: Condition[]
  storedVersions?: string[]
}

/** Makes the server serve a resource that it was not built with. */
export interface CustomResourceDefinition extends ApiObject {
  spec: CustomResourceDefinitionSpec
  status?: CustomResourceDefinitionStatus
}

/** Held until the last object of the resource is gone. */
export const customResourceCleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export const customResourceDefinitionDefinition: ResourceDefinition<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  listKind: 'CustomResourceDefinitionList',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  schemaName: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  origin: 'native',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  finalizersAtDeletion: [customResourceCleanupFinalizer],
  columns: [createdAtColumn],
  selectableFields: {},
  applyDefaults,
  validate: validateCustomResourceDefinition,
}

function applyDefaults({ spec }: CustomResourceDefinition): void {
  const { names } = spec
  if (!names.singular) names.singular = names.kind.toLowerCase()
  if (!names.listKind) names.listKind = `${names.kind}List`
  spec.conversion ??= { strategy: 'None' }
}
