import type { IoK8sApiCoordinationV1LeaseSpec } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type ApiObject, ageColumn, type FieldError, invalid, microTime, type ResourceDefinition } from '../../meta/index.ts'

/** Who leads, and until when. */
export interface Lease extends ApiObject {
  spec?: IoK8sApiCoordinationV1LeaseSpec
}

export const leaseDefinition: ResourceDefinition<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  listKind: 'LeaseList',
  plural: 'leases',
  singular: 'lease',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.coordination.v1.Lease',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: true,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Holder',
      type: 'string',
      description: 'Who holds it.',
      priority: 0,
      cell: (lease) => lease.spec?.holderIdentity,
    },
    ageColumn,
  ],
  selectableFields: {},
  applyDefaults: ({ spec }) => {
    if (spec?.acquireTime) spec.acquireTime = microTime(spec.acquireTime)
    if (spec?.renewTime) spec.renewTime = microTime(spec.renewTime)
  },
  validate: validateLease,
}

function validateLease({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = []
  const { leaseDurationSeconds, leaseTransitions } = spec ?? {}
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  }
  return errors
}
