// KubeVirt's rules for the spec of a preference. The schema has been checked before.

import { invalid, when } from '../../kubevirt.io/v1/validation/rule.ts'
import type { FieldError } from '../../meta/index.ts'
import { preferredTopologyOf, spreadOf } from './cpu-topology.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

/** Threads come in pairs. */
const onlyThreadRatio = 2

export function validatePreference(spec: PreferenceSpec): FieldError[] {
  const topology = preferredTopologyOf(spec)
  return [
    ...when(topology === undefined, () =>
      invalid('spec.cpu.preferredCPUTopology', `unknown preferredCPUTopology ${spec.cpu?.preferredCPUTopology}`),
    ),
    ...(topology === 'spread' ? validateSpreadOptions(spec) : []),
  ]
}

function validateSpreadOptions(spec: PreferenceSpec): FieldError[] {
  const { ratio, across } = spreadOf(spec)
  if (across === undefined) {
    return [invalid('spec.cpu.spreadOptions.across', `across ${spec.cpu?.spreadOptions?.across} is not supported`)]
  }
  return when(across === 'CoresThreads' && ratio !== onlyThreadRatio, () =>
    invalid(
      'spec.cpu.spreadOptions.ratio',
      'only a ratio of 2 (1 core 2 threads) is allowed when spreading vCPUs over cores and threads',
    ),
  )
}
