// docs/spec/instancetype.md: how CPUs are shown to the guest.

import { describe, expect, it } from 'vitest'
import { topologyOf, validateSpread } from './cpu-topology.ts'
import { instancetypeOf } from './samples.fixture.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

type CpuPreference = NonNullable<PreferenceSpec['cpu']>
const spread = (spreadOptions: NonNullable<CpuPreference['spreadOptions']> = {}): PreferenceSpec => ({
  cpu: { preferredCPUTopology: 'spread', spreadOptions },
})
const topology = (word: string): PreferenceSpec => ({ cpu: { preferredCPUTopology: word } })

describe('IT20 the CPUs of the instance type become', () => {
  it.each<[string, number, PreferenceSpec | undefined, number[]]>([
    ['sockets, without a preference', 4, undefined, [4, 1, 1]],
    ['sockets, without a wish', 4, {}, [4, 1, 1]],
    ['sockets', 4, topology('sockets'), [4, 1, 1]],
    ['sockets for any', 4, topology('any'), [4, 1, 1]],
    ['cores', 4, topology('cores'), [1, 4, 1]],
    ['threads', 4, topology('threads'), [1, 1, 4]],
    ['cores by the older name', 4, topology('preferCores'), [1, 4, 1]],
    ['sockets by an older name', 4, topology('preferAny'), [4, 1, 1]],
    ['two cores a socket when spread', 8, spread(), [4, 2, 1]],
    ['spread by the older name', 8, topology('preferSpread'), [4, 2, 1]],
    ['as many cores a socket as the ratio says', 8, spread({ ratio: 4 }), [2, 4, 1]],
    ['as many as the older ratio says', 8, { ...spread(), preferSpreadSocketToCoreRatio: 4 }, [2, 4, 1]],
    ['as many as the newer ratio says when both do', 8, { ...spread({ ratio: 2 }), preferSpreadSocketToCoreRatio: 4 }, [4, 2, 1]],
    ['cores with two threads', 8, spread({ across: 'CoresThreads' }), [1, 4, 2]],
    ['sockets, cores and two threads', 8, spread({ across: 'SocketsCoresThreads' }), [2, 2, 2]],
    ['one of each for one', 1, topology('cores'), [1, 1, 1]],
    ['one of each for none', 0, undefined, [1, 1, 1]],
  ])('%s', (_, cpus, preference, [sockets, cores, threads]) => {
    expect(topologyOf(cpus, preference)).toEqual({ sockets, cores, threads })
  })
})

describe('IT21 what cannot be spread without a rest is refused:', () => {
  it.each<[number, PreferenceSpec, string]>([
    [
      3,
      spread(),
      '3 vCPUs provided by the instance type are not divisible by the Spec.PreferSpreadSocketToCoreRatio or Spec.CPU.PreferSpreadOptions.Ratio of 2 provided by the preference',
    ],
    [
      3,
      spread({ across: 'CoresThreads' }),
      '3 vCPUs provided by the instance type are not divisible by the number of threads per core 2',
    ],
    [
      6,
      spread({ across: 'SocketsCoresThreads' }),
      '6 vCPUs provided by the instance type are not divisible by the number of threads per core 2 and Spec.PreferSpreadSocketToCoreRatio or Spec.CPU.PreferSpreadOptions.Ratio of 2',
    ],
  ])('%d CPUs, %o', (cpus, preference, message) => {
    expect(validateSpread(instancetypeOf(cpus), preference)).toEqual([
      { type: 'FieldValueInvalid', field: 'instancetype.spec.cpu.guest', message },
    ])
  })

  it('and nothing else', () => {
    expect(validateSpread(instancetypeOf(8), spread({ across: 'SocketsCoresThreads' }))).toEqual([])
    expect(validateSpread(instancetypeOf(3), topology('cores'))).toEqual([])
    expect(validateSpread(undefined, spread())).toEqual([])
  })
})
