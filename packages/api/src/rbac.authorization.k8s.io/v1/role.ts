import { type ApiObject, type Column, type ResourceDefinition, type FieldError } from '../../meta/index.ts'
import { type PolicyRule, rbacGroup, validateRules } from './policy-rule.ts'

/** What may be done inside one namespace, for bindings there to give. */
export interface Role extends ApiObject {
  rules?: PolicyRule[] | null
}

/** As Kubernetes shows roles: by their day, and not by their age. */
export const createdAtColumn: Column = {
  name: 'Created At',
  type: 'string',
  description: 'When it was made.',
  priority: 0,
  cell: ({ metadata }) => metadata.creationTimestamp ?? undefined,
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
