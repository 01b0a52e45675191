import { type ApiObject, ageColumn, type ResourceDefinition } from '../../meta/index.ts'

/** Jobs by the clock. There are no Pods here, so that none can be made: the refusal says what does the same. */
export interface CronJob extends ApiObject {
  /** As Kubernetes describes it. Nothing here reads it. */
  spec?: { [field: string]: unknown }
}

export const cronJobDefinition: ResourceDefinition<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  listKind: 'CronJobList',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.batch.v1.CronJob',
  origin: 'native',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [ageColumn],
  selectableFields: {},
}
