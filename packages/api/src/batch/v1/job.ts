import { type ApiObject, ageColumn, type ResourceDefinition } from '../../meta/index.ts'

/** Pods that run to their end. There are no Pods here, so that none can be made: the refusal says what does the same. */
export interface Job extends ApiObject {
  /** As Kubernetes describes it. Nothing here reads it. */
  spec?: { [field: string]: unknown }
}

export const jobDefinition: ResourceDefinition<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  listKind: 'JobList',
  plural: 'jobs',
  singular: 'job',
  shortNames: [],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.batch.v1.Job',
  origin: 'native',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [ageColumn],
  selectableFields: {},
}
