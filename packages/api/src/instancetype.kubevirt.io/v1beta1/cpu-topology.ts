// How the CPUs that an instance type gives are shown to the guest: as sockets, cores or threads.

import type { FieldError } from '../../meta/index.ts'
import { invalid } from '../../kubevirt.io/v1/validation/rule.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

export interface CpuTopology {
  sockets: number
  cores: number
  threads: number
}

const topologies = ['sockets', 'cores', 'threads', 'spread', 'any'] as const
type PreferredTopology = (typeof topologies)[number]

/** The names of before KubeVirt v1.4 still mean the same. */
export const renamedTopologies: Readonly<Record<string, PreferredTopology>> = {
  preferSockets: 'sockets',
  preferCores: 'cores',
  preferThreads: 'threads',
  preferSpread: 'spread',
  preferAny: 'any',
}

const spreadDirections = ['SocketsCores', 'CoresThreads', 'SocketsCoresThreads'] as const
type SpreadDirection = (typeof spreadDirections)[number]

const defaultSpreadRatio = 2
/** What a core has wherever threads are spread. */
const threadsPerCore = 2

/** Undefined for a word that nobody knows. */
export function preferredTopologyOf(preference: PreferenceSpec | undefined): PreferredTopology | undefined {
  const said = preference?.cpu?.preferredCPUTopology ?? 'sockets'
  return topologies.find((each) => each === said) ?? renamedTopologies[said]
}

interface Spread {
  ratio: number
  /** Undefined for a word that nobody knows. */
  across: SpreadDirection | undefined
}

export function spreadOf(preference: PreferenceSpec | undefined): Spread {
  const options = preference?.cpu?.spreadOptions
  const across = options?.across ?? 'SocketsCores'
  return {
    ratio: options?.ratio ?? (preference?.preferSpreadSocketToCoreRatio || defaultSpreadRatio),
    across: spreadDirections.find((each) => each === across),
  }
}

export function topologyOf(cpus: number, preference: PreferenceSpec | undefined): CpuTopology {
  const single = { sockets: 1, cores: 1, threads: 1 }
  if (cpus <= 1) return single
  switch (preferredTopologyOf(preference)) {
    case 'cores':
      return { ...single, cores: cpus }
    case 'threads':
      return { ...single, threads: cpus }
    case 'spread':
      return spreadTopology(cpus, spreadOf(preference))
    case 'sockets':
    case 'any':
      return { ...single, sockets: cpus }
    case undefined:
      return single
  }
}

function spreadTopology(cpus: number, { ratio, across }: Spread): CpuTopology {
  switch (across) {
    case 'SocketsCores':
      return { sockets: Math.floor(cpus / ratio), cores: ratio, threads: 1 }
    case 'CoresThreads':
      return { sockets: 1, cores: Math.floor(cpus / ratio), threads: ratio }
    case 'SocketsCoresThreads':
      return { sockets: Math.floor(cpus / threadsPerCore / ratio), cores: ratio, threads: threadsPerCore }
    case undefined:
      return { sockets: 1, cores: 1, threads: 1 }
  }
}

/** What cannot be spread without a rest. */
export function validateSpread(instancetype: InstancetypeSpec | undefined, preference: PreferenceSpec | undefined): FieldError[] {
  if (instancetype === undefined || preferredTopologyOf(preference) !== 'spread') return []
  const cpus = instancetype.cpu.guest
  const { ratio, across } = spreadOf(preference)
  const ratioNames = 'Spec.PreferSpreadSocketToCoreRatio or Spec.CPU.PreferSpreadOptions.Ratio'
  const refuse = (why: string): FieldError[] => [
    invalid('instancetype.spec.cpu.guest', `${cpus} vCPUs provided by the instance type are not divisible by the ${why}`),
  ]
  switch (across) {
    case 'SocketsCores':
      return cpus % ratio === 0 ? [] : refuse(`${ratioNames} of ${ratio} provided by the preference`)
    case 'CoresThreads':
      return cpus % ratio === 0 ? [] : refuse(`number of threads per core ${ratio}`)
    case 'SocketsCoresThreads':
      return cpus % (threadsPerCore * ratio) === 0
        ? []
        : refuse(`number of threads per core ${threadsPerCore} and ${ratioNames} of ${ratio}`)
    case undefined:
      return []
  }
}
