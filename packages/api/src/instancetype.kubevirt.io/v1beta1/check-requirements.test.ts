// docs/spec/instancetype.md: what a preference cannot do without.

import { describe, expect, it } from 'vitest'
import { checkRequirements } from './check-requirements.ts'
import { instancetypeOf, templateOf } from './samples.fixture.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

const cpu = 'spec.template.spec.domain.cpu'
const needsCpus = (guest: number, preferredCPUTopology = 'sockets', across?: string): PreferenceSpec => ({
  cpu: { preferredCPUTopology, ...(across === undefined ? {} : { spreadOptions: { across } }) },
  requirements: { cpu: { guest } },
})
const needsMemory = (guest: string): PreferenceSpec => ({ requirements: { memory: { guest } } })
const small = templateOf(
  { cpu: { sockets: 1, cores: 2, threads: 2 }, memory: { guest: '128Mi' } },
  { architecture: 'amd64' },
).spec

describe('IT26 a requirement that is not met is refused:', () => {
  it.each<[string, InstancetypeSpec | undefined, PreferenceSpec, typeof small, string, string]>([
    [
      'CPUs of the instance type',
      instancetypeOf(1),
      needsCpus(2),
      small,
      'spec.instancetype',
      'insufficient CPU resources of 1 vCPU provided by instance type, preference requires 2 vCPU',
    ],
    [
      'CPUs that nobody gives',
      undefined,
      needsCpus(2),
      templateOf().spec,
      cpu,
      'no CPU resources provided by VirtualMachine, preference requires 2 vCPU',
    ],
    [
      'sockets of the template',
      undefined,
      needsCpus(2),
      small,
      `${cpu}.sockets`,
      'insufficient CPU resources of 1 vCPU provided by VirtualMachine, preference requires 2 vCPU provided as sockets',
    ],
    [
      'cores of the template',
      undefined,
      needsCpus(4, 'preferCores'),
      small,
      `${cpu}.cores`,
      'insufficient CPU resources of 2 vCPU provided by VirtualMachine, preference requires 4 vCPU provided as cores',
    ],
    [
      'CPUs of the template, spread',
      undefined,
      needsCpus(4, 'spread'),
      small,
      `${cpu}.sockets, ${cpu}.cores`,
      'insufficient CPU resources of 2 vCPU provided by VirtualMachine, preference requires 4 vCPU provided as SocketsCores',
    ],
    [
      'CPUs of the template, all counted',
      undefined,
      needsCpus(6, 'any'),
      small,
      `${cpu}.cores, ${cpu}.sockets, ${cpu}.threads`,
      'insufficient CPU resources of 4 vCPU provided by VirtualMachine, preference requires 6 vCPU provided as cores, sockets and threads',
    ],
    [
      'memory of the instance type',
      instancetypeOf(1, { memory: { guest: '64Mi' } }),
      needsMemory('1Gi'),
      templateOf().spec,
      'spec.instancetype',
      'insufficient Memory resources of 64Mi provided by instance type, preference requires 1Gi',
    ],
    [
      'memory of the template',
      undefined,
      needsMemory('1Gi'),
      small,
      'spec.template.spec.domain.memory',
      'insufficient Memory resources of 128Mi provided by VirtualMachine, preference requires 1Gi',
    ],
    [
      'an architecture',
      undefined,
      { requirements: { architecture: 'arm64' } },
      small,
      'spec.template.spec.architecture',
      'preference requires architecture arm64 but amd64 is being requested',
    ],
  ])('%s', (_, instancetype, preference, spec, field, why) => {
    expect(checkRequirements(instancetype, preference, spec)).toEqual([
      { type: 'FieldValueNotFound', field, message: `failure checking preference requirements: ${why}` },
    ])
  })

  it('and nothing that is met', () => {
    expect(checkRequirements(instancetypeOf(2), needsCpus(2, 'cores'), small)).toEqual([])
    expect(checkRequirements(undefined, needsCpus(4, 'spread', 'CoresThreads'), small)).toEqual([])
    expect(checkRequirements(undefined, needsCpus(4, 'spread', 'SocketsCoresThreads'), small)).toEqual([])
    expect(checkRequirements(undefined, needsMemory('128Mi'), small)).toEqual([])
    expect(checkRequirements(undefined, { requirements: { architecture: 'amd64' } }, small)).toEqual([])
    expect(checkRequirements(undefined, undefined, small)).toEqual([])
  })
})
