import {
  type ApiObject,
  ageColumn,
  controllerOf,
  type FieldError,
  invalid,
  type Json,
  type ResourceDefinition,
  required,
} from '../../meta/index.ts'

/** What something looked like at one moment, kept by the controller that goes back to it. Its data never changes. */
export interface ControllerRevision extends ApiObject {
  data?: Json
  revision: number
}

export const controllerRevisionDefinition: ResourceDefinition<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  listKind: 'ControllerRevisionList',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.apps.v1.ControllerRevision',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Controller',
      type: 'string',
      description: 'Whose it is.',
      priority: 0,
      cell: (revision) => controllerText(revision),
    },
    {
      name: 'Revision',
      type: 'string',
      description: 'Its number among those of its controller.',
      priority: 0,
      cell: (revision) => revision.revision,
    },
    ageColumn,
  ],
  selectableFields: {},
  validate: validateControllerRevision,
}

function controllerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision)
  if (owner === undefined) return '<none>'
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : []
  const kind = owner.kind.toLowerCase()
  return group === '' ? `${kind}/${owner.name}` : `${kind}.${group}/${owner.name}`
}

function validateControllerRevision({ data, revision }: ControllerRevision): FieldError[] {
  const errors: FieldError[] = []
  if (revision < 0) errors.push(invalid('revision', revision, 'must be greater than or equal to 0'))
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'))
  return errors
}
