import type { ResourceDefinition } from '../../meta/index.ts'
import { type Binding, bindingColumns, defaultBinding, validateBinding } from './binding-fields.ts'
import { rbacGroup } from './policy-rule.ts'

/** Gives a Role or a ClusterRole to somebody, inside one namespace. */
export interface RoleBinding extends Binding {}

export const roleBindingDefinition: ResourceDefinition<RoleBinding> = {
  group: rbacGroup,
  version: 'v1',
  kind: 'RoleBinding',
  listKind: 'RoleBindingList',
  plural: 'rolebindings',
  singular: 'rolebinding',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.rbac.v1.RoleBinding',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'path-segment',
  withoutVerbs: [],
  columns: bindingColumns,
  selectableFields: {},
  applyDefaults: defaultBinding,
  validate: (binding, old) => validateBinding(binding, old, { roleKinds: ['Role', 'ClusterRole'], isNamespaced: true }),
}
