// Labels, annotations and finalizers whose names changed.

import type { DeprecationRule } from '../deprecation-rule.ts'
import { instanceMetadata, instanceSpecs } from '../machine-places.ts'

const nameLabel = (places: DeprecationRule['places'], path: readonly string[], suffix: string): DeprecationRule => ({
  id: `vm-name-label-${suffix}`,
  places,
  path: [...path, 'vm.kubevirt.io/name'],
  severity: 'documented',
  since: 'v1.7',
  replacement: 'the label vmi.kubevirt.io/id',
  rewrite: {
    certainty: 'ask',
    next: 'Select vmi.kubevirt.io/id once the machines were started by KubeVirt v1.7 or newer, or a label of your own in their template.',
  },
  explain:
    'A label holds 63 characters and the name of a machine may be longer; the new label is shortened so that it stays unique.',
})

export const markRules: readonly DeprecationRule[] = [
  nameLabel([{ group: '', kinds: ['Service'], path: ['spec', 'selector'] }], [], 'service'),
  nameLabel(
    [{ group: 'networking.k8s.io', kinds: ['NetworkPolicy'], path: ['spec', 'podSelector', 'matchLabels'] }],
    [],
    'network-policy',
  ),
  {
    id: 'nonroot-annotation',
    places: instanceMetadata,
    path: ['annotations', 'kubevirt.io/nonroot'],
    severity: 'documented',
    since: 'v0.52',
    replacement: 'status.runtimeUser of the instance',
    rewrite: { certainty: 'ask', next: 'Delete the annotation; read status.runtimeUser where something asks for it.' },
    explain: 'Machines run without root since long. KubeVirt records under which user in the status.',
  },
  {
    id: 'foreground-delete-finalizer',
    places: [{ group: 'kubevirt.io', kinds: ['VirtualMachine', 'VirtualMachineInstance'], path: ['metadata'] }],
    path: ['finalizers', '*'],
    values: ['foregroundDeleteVirtualMachine'],
    severity: 'documented',
    since: 'v1.7',
    replacement: 'kubevirt.io/foregroundDeleteVirtualMachine',
    rewrite: { certainty: 'ask', next: 'Leave finalizers out of manifests: KubeVirt sets its own.' },
    explain: 'Kubernetes warns of finalizers without a domain. KubeVirt puts the one that it needs by itself.',
  },
  {
    id: 'cpumanager-node-selector',
    places: instanceSpecs,
    path: ['nodeSelector', 'cpumanager'],
    severity: 'documented',
    since: 'v1.8',
    replacement: 'the node label kubevirt.io/cpumanager',
    rewrite: { certainty: 'ask', next: 'Select kubevirt.io/cpumanager once every node runs KubeVirt v1.8 or newer.' },
    explain: 'Nodes carry both labels today, but those of older releases only the old one.',
  },
]
