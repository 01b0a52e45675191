import { type ApiObject, createdAtColumn, type FieldError, type ResourceDefinition } from '../../meta/index.ts'
import { type PolicyRule, rbacGroup, validateRules } from './policy-rule.ts'

/** What may be done inside one namespace, for bindings there to give. */
export interface Role extends ApiObject {
  rules?: PolicyRule[] | null
}

export const roleDefinition: ResourceDefinition<Role> = {
  group: rbacGroup,
  version: 'v1',
  kind: 'Role',
  listKind: 'RoleList',
  plural: 'roles',
  singular: 'role',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.rbac.v1.Role',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'path-segment',
  withoutVerbs: [],
  columns: [createdAtColumn],
  selectableFields: {},
  validate: ({ rules }): FieldError[] => validateRules(rules ?? [], true),
}
