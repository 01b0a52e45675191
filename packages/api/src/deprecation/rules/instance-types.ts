// Fields of instance types and preferences.

import { renamedTopologies } from '../../instancetype.kubevirt.io/v1beta1/cpu-topology.ts'
import type { DeprecationRule } from '../deprecation-rule.ts'

const group = 'instancetype.kubevirt.io'
const preferences = [{ group, kinds: ['VirtualMachinePreference', 'VirtualMachineClusterPreference'], path: ['spec'] }]
const instanceTypes = [{ group, kinds: ['VirtualMachineInstancetype', 'VirtualMachineClusterInstancetype'], path: ['spec'] }]

const firmware = (field: string, next: string): DeprecationRule => ({
  id: `preference-${field.toLowerCase()}`,
  places: preferences,
  path: ['firmware', field],
  severity: 'documented',
  since: 'v1.5',
  replacement: 'firmware.preferredEfi',
  rewrite: { certainty: 'ask', next },
  explain: 'One field with its options replaces two flags, so both have to be looked at together.',
})

export const instanceTypeRules: readonly DeprecationRule[] = [
  {
    id: 'preferred-cpu-topology',
    places: preferences,
    path: ['cpu', 'preferredCPUTopology'],
    severity: 'warned',
    since: 'v1.4',
    replacement: 'sockets, cores, threads, spread, any',
    says: 'PreferredCPUTopology {value} is deprecated for removal in a future release, please use {replacement} instead',
    rewrite: {
      certainty: 'certain',
      edit: 'replace',
      values: renamedTopologies,
    },
    explain: 'The values lost a word that the name of the field says already. They mean what they meant.',
  },
  firmware('preferredUseEfi', 'Write firmware.preferredEfi: {} for true; leave both out for false.'),
  firmware('preferredUseSecureBoot', 'Write firmware.preferredEfi: {secureBoot: true} for true; leave it out for false.'),
  {
    id: 'spread-socket-to-core-ratio',
    places: preferences,
    path: ['preferSpreadSocketToCoreRatio'],
    severity: 'documented',
    since: 'v1.4',
    replacement: 'cpu.spreadOptions.ratio',
    rewrite: { certainty: 'ask', next: 'Move the number to spec.cpu.spreadOptions.ratio.' },
    explain: 'Only a design proposal deprecates it so far; the newer place takes the same number and more options.',
  },
  {
    id: 'instance-type-launch-security',
    places: instanceTypes,
    path: ['launchSecurity'],
    severity: 'warned',
    since: 'v1.9',
    replacement: 'preferredLaunchSecurity of a preference',
    says: 'launchSecurity is deprecated and will be removed in a future release. Use preference instead.',
    rewrite: {
      certainty: 'ask',
      next: 'Move it to spec.preferredLaunchSecurity of a preference, and name that in the machines.',
    },
    explain: 'It is a taste, not a size: it belongs to another object, which the machines have to name.',
  },
]
