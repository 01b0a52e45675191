import type { ApiObject } from './object-meta.ts'
import type { ResourceDefinition } from './resource-definition.ts'

type Named = Pick<ResourceDefinition, 'group' | 'kind' | 'plural' | 'scope' | 'schemaName'>

const allButCreate = ['delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** A question in the form of an object: it is created, comes back with its answer, and is stored nowhere. */
export function reviewDefinition<T extends ApiObject>(
  { kind, ...named }: Named,
  validate?: NonNullable<ResourceDefinition<T>['validate']>,
): ResourceDefinition<T> {
  return {
    ...named,
    version: 'v1',
    kind,
    listKind: `${kind}List`,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    origin: 'native',
    hasStatus: false,
    countsGeneration: false,
    createsOnUpdate: false,
    nameRule: 'path-segment',
    withoutVerbs: allButCreate,
    columns: [],
    selectableFields: {},
    ...(validate === undefined ? {} : { validate }),
  }
}
