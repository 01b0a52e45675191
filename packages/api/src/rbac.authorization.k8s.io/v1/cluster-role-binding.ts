import type { ResourceDefinition } from '../../meta/index.ts'
import { type Binding, bindingColumns, defaultBinding, validateBinding } from './binding-fields.ts'
import { rbacGroup } from './policy-rule.ts'

/** Gives a ClusterRole to somebody, everywhere. */
export interface ClusterRoleBinding extends Binding {}

export const clusterRoleBindingDefinition: ResourceDefinition<ClusterRoleBinding> = {
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  listKind: 'ClusterRoleBindingList',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  shortNames: [],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'path-segment',
  withoutVerbs: [],
  columns: bindingColumns,
  selectableFields: {},
  applyDefaults: defaultBinding,
  validate: (binding, old) => validateBinding(binding, old, { roleKinds: ['ClusterRole'], isNamespaced: false }),
}
