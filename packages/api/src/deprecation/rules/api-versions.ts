// Versions of groups that give way to newer ones. Their CRDs have no conversion: the object is the same under both names.

import type { DeprecationRule, Severity } from '../deprecation-rule.ts'

interface Move {
  group: string
  kinds: readonly string[]
  from: readonly string[]
  to: string
  since: string
  severity: Severity
  says?: string
  /** Why the name alone cannot be changed everywhere. */
  ask?: string
  explain: string
}

const moves: readonly Move[] = [
  {
    group: 'kubevirt.io',
    kinds: [
      'VirtualMachine',
      'VirtualMachineInstance',
      'VirtualMachineInstanceReplicaSet',
      'VirtualMachineInstanceMigration',
      'KubeVirt',
    ],
    from: ['v1alpha3'],
    to: 'v1',
    since: 'v1.0',
    severity: 'warned',
    says: '{value} is now deprecated and will be removed in a future release.',
    explain: 'Both versions name the same stored object; only the name has to change.',
  },
  {
    group: 'snapshot.kubevirt.io',
    kinds: ['VirtualMachineSnapshot', 'VirtualMachineSnapshotContent', 'VirtualMachineRestore'],
    from: ['v1alpha1'],
    to: 'v1beta1',
    since: 'v1.3',
    severity: 'documented',
    explain: 'Both versions name the same stored object; only the name has to change.',
  },
  {
    group: 'clone.kubevirt.io',
    kinds: ['VirtualMachineClone'],
    from: ['v1alpha1'],
    to: 'v1beta1',
    since: 'v1.5',
    severity: 'documented',
    explain: 'Both versions name the same stored object; only the name has to change.',
  },
  {
    group: 'pool.kubevirt.io',
    kinds: ['VirtualMachinePool'],
    from: ['v1alpha1'],
    to: 'v1beta1',
    since: 'v1.7',
    severity: 'documented',
    explain: 'Both versions name the same stored object; only the name has to change.',
  },
  {
    group: 'export.kubevirt.io',
    kinds: ['VirtualMachineExport'],
    from: ['v1beta1'],
    to: 'v1',
    since: 'v1.9',
    severity: 'warned',
    says: '{value} VirtualMachineExport is now deprecated and will be removed in a future version.',
    ask: 'Write export.kubevirt.io/v1 once every cluster that this manifest goes to runs KubeVirt v1.9 or newer.',
    explain: 'KubeVirt serves v1 only since v1.9: on an older cluster the new name is refused.',
  },
  {
    group: 'export.kubevirt.io',
    kinds: ['VirtualMachineExport'],
    from: ['v1alpha1'],
    to: 'v1',
    since: 'v1.9',
    severity: 'refused',
    ask: 'Write export.kubevirt.io/v1, or v1beta1 for a KubeVirt older than v1.9.',
    explain: 'The first version is no longer served; which one takes its place depends on the cluster.',
  },
  {
    group: 'instancetype.kubevirt.io',
    kinds: [
      'VirtualMachineInstancetype',
      'VirtualMachineClusterInstancetype',
      'VirtualMachinePreference',
      'VirtualMachineClusterPreference',
    ],
    from: ['v1alpha1', 'v1alpha2'],
    to: 'v1beta1',
    since: 'v1.6',
    severity: 'refused',
    ask: 'Write instancetype.kubevirt.io/v1beta1 and let the server check the fields: kubectl apply --dry-run=server.',
    explain: 'The early versions are no longer served, and fields changed between them and v1beta1.',
  },
]

export const apiVersionRules: readonly DeprecationRule[] = moves.map(
  ({ group, kinds, from, to, since, severity, says, ask, explain }) => ({
    id: `${group.split('.')[0]}-${from.join('-')}`,
    places: [{ group, kinds, path: [] }],
    path: ['apiVersion'],
    values: from.map((version) => `${group}/${version}`),
    severity,
    since,
    replacement: `${group}/${to}`,
    ...(says === undefined ? {} : { says }),
    rewrite:
      ask === undefined
        ? {
            certainty: 'certain',
            edit: 'replace',
            values: Object.fromEntries(from.map((old) => [`${group}/${old}`, `${group}/${to}`])),
          }
        : { certainty: 'ask', next: ask },
    explain,
  }),
)

export const presetRule: DeprecationRule = {
  id: 'preset',
  places: [{ group: 'kubevirt.io', kinds: ['VirtualMachineInstancePreset'], path: [] }],
  path: ['kind'],
  severity: 'warned',
  since: 'v0.57',
  replacement: 'an instance type and a preference',
  says: '{apiVersion} VirtualMachineInstancePresets is now deprecated and will be removed in v2.',
  rewrite: {
    certainty: 'ask',
    next: 'Make a VirtualMachineInstancetype (size) and a VirtualMachinePreference (taste) of it, and name them in the machines.',
  },
  explain:
    'Presets changed machines by label, unseen. Instance types and preferences are named by the machine that uses them, ' +
    'and kept as they were when it was made.',
}
