// docs/spec/instancetype.md: what the two may say.

import { expect, it } from 'vitest'
import type { ApiObject } from '../../meta/index.ts'
import { instancetypeOf } from './samples.fixture.ts'
import { validateInstancetype } from './validate-instancetype.ts'
import { validatePreference } from './validate-preference.ts'
import { virtualMachineClusterInstancetypeDefinition } from './virtual-machine-cluster-instancetype.ts'
import { virtualMachineClusterPreferenceDefinition } from './virtual-machine-cluster-preference.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

it('IT1 memory is overcommitted or on huge pages, not both', () => {
  const hugepages = { pageSize: '2Mi' }
  expect(validateInstancetype(instancetypeOf(1, { memory: { guest: '1Gi', overcommitPercent: 15 } }))).toEqual([])
  expect(validateInstancetype(instancetypeOf(1, { memory: { guest: '1Gi', hugepages } }))).toEqual([])
  expect(validateInstancetype(instancetypeOf(1, { memory: { guest: '1Gi', hugepages, overcommitPercent: 15 } }))).toEqual([
    {
      type: 'FieldValueInvalid',
      field: 'spec.memory.overcommitPercent',
      message: 'spec.memory.overcommitPercent and spec.memory.hugepages should not be requested together.',
    },
  ])
})

it.each<[NonNullable<PreferenceSpec['cpu']>, string, string]>([
  [{ preferredCPUTopology: 'dies' }, 'spec.cpu.preferredCPUTopology', 'unknown preferredCPUTopology dies'],
  [
    { preferredCPUTopology: 'spread', spreadOptions: { across: 'Dies' } },
    'spec.cpu.spreadOptions.across',
    'across Dies is not supported',
  ],
  [
    { preferredCPUTopology: 'preferSpread', spreadOptions: { across: 'CoresThreads', ratio: 4 } },
    'spec.cpu.spreadOptions.ratio',
    'only a ratio of 2 (1 core 2 threads) is allowed when spreading vCPUs over cores and threads',
  ],
])('IT2 a preference for a topology that there is not is refused: %o', (cpu, field, message) => {
  expect(validatePreference({ cpu })).toEqual([{ type: 'FieldValueInvalid', field, message }])
})

it('IT2 options of a spread that is not wanted are not looked at', () => {
  expect(validatePreference({ cpu: { preferredCPUTopology: 'cores', spreadOptions: { across: 'Dies' } } })).toEqual([])
  expect(validatePreference({})).toEqual([])
})

it('IT3 what is deprecated is warned of', () => {
  const object = (kind: string, spec: object) => ({ apiVersion: 'instancetype.kubevirt.io/v1beta1', kind, metadata: {}, spec })
  const warnings = <T extends ApiObject>(definition: { warnings?(object: T): string[] }, given: object) =>
    definition.warnings?.(given as T)
  const preference = object('VirtualMachineClusterPreference', { cpu: { preferredCPUTopology: 'preferCores' } })
  expect(warnings(virtualMachineClusterPreferenceDefinition, preference)).toEqual([
    'PreferredCPUTopology preferCores is deprecated for removal in a future release, please use cores instead',
  ])
  const instancetype = object('VirtualMachineClusterInstancetype', { launchSecurity: {} })
  expect(warnings(virtualMachineClusterInstancetypeDefinition, instancetype)).toEqual([
    'launchSecurity is deprecated and will be removed in a future release. Use preference instead.',
  ])
})
