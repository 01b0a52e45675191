import type { IoK8sApiCoreV1NamespaceSpec, IoK8sApiCoreV1NamespaceStatus } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type FieldError,
  invalid,
  isBeingDeleted,
  qualifiedNameFinding,
  type ResourceDefinition,
} from '../../meta/index.ts'

export interface Namespace extends ApiObject {
  spec?: IoK8sApiCoreV1NamespaceSpec
  status?: IoK8sApiCoreV1NamespaceStatus
}

/** Keeps a namespace there until what it holds is gone. */
export const namespaceFinalizer = 'kubernetes'

/** Lets a label selector choose namespaces by name. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name'

export const namespaceDefinition: ResourceDefinition<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  listKind: 'NamespaceList',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.core.v1.Namespace',
  origin: 'native',
  hasStatus: true,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'label',
  withoutVerbs: ['deletecollection'],
  columns: [
    {
      name: 'Status',
      type: 'string',
      description: 'Active, or Terminating while it is being emptied.',
      priority: 0,
      cell: (namespace) => namespace.status?.phase,
    },
    ageColumn,
  ],
  selectableFields: {
    name: (namespace) => namespace.metadata.name ?? '',
    'status.phase': (namespace) => namespace.status?.phase ?? '',
  },
  applyDefaults: (namespace) => {
    const { metadata } = namespace
    if (metadata.name !== undefined) metadata.labels = { ...metadata.labels, [namespaceNameLabel]: metadata.name }
  },
  complete: (namespace) => {
    namespace.status = { ...namespace.status, phase: isBeingDeleted(namespace) ? 'Terminating' : 'Active' }
    // On its way out the finalizer goes, and must not come back.
    if (!isBeingDeleted(namespace)) namespace.spec = { ...namespace.spec, finalizers: finalizersOf(namespace) }
  },
  validate: (namespace) => (namespace.spec?.finalizers ?? []).flatMap(validateFinalizer),
}

function finalizersOf(namespace: Namespace): string[] {
  const finalizers = namespace.spec?.finalizers ?? []
  return finalizers.includes(namespaceFinalizer) ? finalizers : [...finalizers, namespaceFinalizer]
}

function validateFinalizer(finalizer: string, index: number): FieldError[] {
  const field = `spec.finalizers[${index}]`
  const finding = qualifiedNameFinding(finalizer)
  if (finding !== undefined) return [invalid(field, finalizer, finding)]
  if (finalizer.includes('/') || finalizer === namespaceFinalizer) return []
  return [invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')]
}
