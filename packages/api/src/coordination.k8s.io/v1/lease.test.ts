import { expect, it } from 'vitest'
import { fieldErrorText } from '../../meta/index.ts'
import { type Lease, leaseDefinition } from './lease.ts'

const lease = (spec: Lease['spec']): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'l' },
  ...(spec && { spec }),
})

it('times of a lease have microseconds', () => {
  const object = lease({ renewTime: '2026-01-01T00:00:00Z' })
  leaseDefinition.applyDefaults?.(object)
  expect(object.spec?.renewTime).toBe('2026-01-01T00:00:00.000000Z')
})

it('a lease lasts longer than nothing and changes hands never less than not at all', () => {
  expect(
    leaseDefinition.validate?.(lease({ leaseDurationSeconds: 0, leaseTransitions: -1 }), undefined).map(fieldErrorText),
  ).toEqual([
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ])
  expect(leaseDefinition.validate?.(lease({ leaseDurationSeconds: 15 }), undefined)).toEqual([])
})
